import { expect, test } from 'vitest';
import { container, podFrom } from '../testing/pods.ts';
import { checkEphemeralContainers } from './ephemeral-containers.ts';
import { readPod } from './pod-view.ts';

const check = (ephemeral: object, proxy: object | undefined, spec: object = {}) =>
  checkEphemeralContainers(
    readPod(
      podFrom({
        spec: {
          ...spec,
          ...(proxy && { initContainers: [container('linkerd-proxy', { restartPolicy: 'Always', ...proxy })] }),
          ephemeralContainers: [container('debugger', ephemeral)],
        },
      }),
    ),
  );
const as = (securityContext: object): object => ({ securityContext });
const proxy = as({ runAsUser: 2102 });

test.each([
  ['the user of the proxy', as({ runAsUser: 2102 }), proxy, {}, "container debugger runs as the proxy's user 2102"],
  ["the user of the pod, which is the proxy's", {}, proxy, as({ runAsUser: 2102 }), "the proxy's user 2102"],
  ['the group of the proxy', as({ runAsGroup: 7 }), as({ runAsUser: 2102, runAsGroup: 7 }), {}, "the proxy's group 7"],
])('%s is refused', (_, ephemeral, itsProxy, spec, message) => {
  expect(check(ephemeral, itsProxy, spec).problems).toEqual([expect.stringContaining(message)]);
});

test.each([
  ['another user', as({ runAsUser: 1000 }), proxy, {}],
  ['no user', {}, proxy, {}],
  ['a group of the pod, where the proxy has none of its own', {}, proxy, as({ runAsGroup: 7 })],
  ['a pod without a proxy', as({ runAsUser: 2102 }), undefined, {}],
])('%s is let be', (_, ephemeral, itsProxy, spec) => {
  expect(check(ephemeral, itsProxy, spec)).toEqual({ problems: [], warnings: [] });
});

test('one that could change the rules is warned of', () => {
  const { problems, warnings } = check(as({ capabilities: { add: ['NET_ADMIN'] } }), proxy);
  expect(problems).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining('container debugger has NET_ADMIN')]);
});
