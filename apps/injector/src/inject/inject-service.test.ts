import { expect, test } from 'vitest';
import { installFrom } from '../testing/install.ts';
import { annotateService } from './inject-service.ts';
import { readService } from './service-view.ts';

const annotation = 'config.linkerd.io/opaque-ports';
const ports = (...list: object[]) => ({ spec: { ports: list } });

test.each([
  ['a default port', ports({ port: 3306 }), {}, '3306'],
  ['a target that is a default port', ports({ port: 80, targetPort: 3306 }), {}, '80'],
  ['a target by name', ports({ port: 5432, targetPort: 'db' }), {}, '5432'],
  ['several', ports({ port: 6379 }, { port: 25 }, { port: 80 }), {}, '25,6379'],
  ['none', ports({ port: 80, targetPort: 8080 }), {}, undefined],
  ['no ports', {}, {}, undefined],
  ["the namespace's", ports({ port: 3306 }), { [annotation]: '9000' }, '9000'],
  ['its own', { metadata: { annotations: { [annotation]: '1' } }, ...ports({ port: 3306 }) }, {}, undefined],
])('%s', (_, service, annotations, expected) => {
  const patch = annotateService(readService(service), { name: 'shop', annotations }, installFrom());
  const value = { [annotation]: expected };
  expect(patch).toEqual(expected === undefined ? [] : [{ op: 'add', path: '/metadata/annotations', value }]);
});

test('other annotations stay', () => {
  const service = readService({ metadata: { annotations: { a: 'b' } }, ...ports({ port: 25 }) });
  expect(annotateService(service, { name: 'shop', annotations: {} }, installFrom())).toEqual([
    { op: 'add', path: '/metadata/annotations/config.linkerd.io~1opaque-ports', value: '25' },
  ]);
});
