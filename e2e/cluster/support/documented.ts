/** The YAML of a page under docs/, so that what is documented is what is tried. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The blocks of YAML on a page, in order. @param changed what a reader would fill in, by the example that stands there */
export const documentedYaml = (page: string, changed: Readonly<Record<string, string>> = {}): readonly string[] => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs', page), 'utf8');
  const blocks = [...text.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, block = '']) => block);
  if (blocks.length === 0) throw new Error(`${page} holds no YAML`);
  return blocks.map((block) =>
    Object.entries(changed).reduce((filled, [example, own]) => filled.replaceAll(example, own), block),
  );
};
