/** What the injector looks at in a Service. */
import { listAt, objectAt, textMapAt, wholeNumberAt } from '@heddle/admission';

export interface ServiceView {
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly ports: readonly { readonly port: number; readonly targetPort: number }[];
}

/** A target that is a name counts as the port itself: which number it is differs from pod to pod. @throws {ShapeError} */
export const readService = (value: unknown): ServiceView => {
  const service = objectAt(value, 'the Service') ?? {};
  const ports = listAt(objectAt(service['spec'], 'spec')?.['ports'], 'spec.ports') ?? [];
  return {
    annotations: textMapAt(objectAt(service['metadata'], 'metadata')?.['annotations'], 'metadata.annotations'),
    ports: ports.map((each, index) => {
      const path = `spec.ports[${index}]`;
      const entry = objectAt(each, path) ?? {};
      const port = wholeNumberAt(entry['port'], `${path}.port`) ?? 0;
      const target = entry['targetPort'];
      return { port, targetPort: typeof target === 'number' && target !== 0 ? target : port };
    }),
  };
};
