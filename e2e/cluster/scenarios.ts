/** Which scenarios there are, and which of them are the smoke set. One file per promise, beside this one. */
import { readdirSync } from 'node:fs';

const suffix = '.test.ts';

/** Names of files without `.test.ts`. */
export const smoke: readonly string[] = [
  'booksapp',
  'injection',
  'job',
  'plaintext',
  'policy-change',
  'probes',
  'somebody-elses-policy',
  'uninstall',
];

export const scenarios: readonly string[] = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(suffix))
  .map((name) => name.slice(0, -suffix.length));

/** Those that remove the mesh: after all others, in this order. */
export const removing: readonly string[] = ['uninstall', 'install-as-yaml'];

/** Paths for vitest. @throws for a name that no scenario has */
export const scenarioFiles = (names: readonly string[]): readonly string[] => {
  const unknown = names.filter((name) => !scenarios.includes(name));
  if (unknown.length > 0) throw new Error(`no such scenario: ${unknown.join(', ')}; there are ${scenarios.join(', ')}`);
  return names.map((name) => `e2e/cluster/${name}${suffix}`);
};
