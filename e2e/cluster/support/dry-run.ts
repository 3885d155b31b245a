/** What an API server with the mesh's webhook says of resources, without storing them. */
import type { InvalidResource } from '@heddle/crds/testing';
import { type Manifest, type Output, tryKubectl } from './kubectl.ts';

export class DryRun {
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** The same resource in this namespace; a policy for its namespace as a whole follows it. */
  here(manifest: Manifest): Manifest {
    const text = JSON.stringify(manifest)
      .replaceAll('"namespace":"shop"', `"namespace":"${this.#namespace}"`)
      .replaceAll('"kind":"Namespace","name":"shop"', `"kind":"Namespace","name":"${this.#namespace}"`);
    return JSON.parse(text) as Manifest;
  }

  apply(manifest: Manifest): Promise<Output> {
    return tryKubectl(['apply', '--dry-run=server', '-f', '-'], { input: JSON.stringify(this.here(manifest)) });
  }

  /** What was said against those that should be taken. */
  async refused(manifests: readonly Manifest[]): Promise<readonly string[]> {
    const answers = await inTurns(manifests, (manifest) => this.apply(manifest));
    return answers.filter(({ code }) => code !== 0).map(({ stderr }) => stderr);
  }

  /** Those that were taken, or refused for another reason than their row's. */
  async wronglyAnswered(rows: readonly InvalidResource[]): Promise<readonly string[]> {
    const answers = await inTurns(rows, async (row) => ({ row, output: await this.apply(row.manifest) }));
    return answers.flatMap(({ row, output: { code, stdout, stderr } }) => {
      const isRight = code !== 0 && (row.isAgainstSchema === true || stderr.includes(row.message));
      return isRight ? [] : [`${row.why}: ${stdout}${stderr}`];
    });
  }
}

/** In order of `items`, a few at a time. */
const inTurns = async <T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<readonly R[]> => {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += 4) results.push(...(await Promise.all(items.slice(at, at + 4).map(act))));
  return results;
};
