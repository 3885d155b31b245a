/** The debug container, for looking at the pod's traffic; capturing takes the user that its image says. */
import type { InjectionContext } from '../context.ts';
import { type InjectedContainer, imageReference } from './container.ts';

export const debugContainer = ({ settings, install }: InjectionContext): InjectedContainer => ({
  name: 'linkerd-debug',
  image: imageReference(settings.debugImage, settings.debugVersion || install.version),
  imagePullPolicy: settings.debugPullPolicy ?? settings.pullPolicy,
  terminationMessagePolicy: 'FallbackToLogsOnError',
});
