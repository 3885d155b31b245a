/**
 * Files that belong together, such as a certificate and its key, as they were at one moment. In a mounted Secret or
 * ConfigMap they are links into a folder that `..data` names, and that is exchanged in one step: read one after the other,
 * a new certificate could meet an old key.
 */
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** How often the folder may be exchanged while it is read, before what was read last is taken for what there is. */
const maxAttempts = 4;

/** The texts by name; undefined for a file that is missing or cannot be read. Does not reject. */
export const readTogether = async <Name extends string>(
  dir: string,
  names: readonly Name[],
): Promise<Readonly<Record<Name, string | undefined>>> => {
  for (let attempt = 1; ; attempt += 1) {
    const folder = await currentFolder(dir);
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8').catch(() => undefined)));
    if (attempt === maxAttempts || (await currentFolder(dir)) === folder) {
      return Object.fromEntries(names.map((name, index) => [name, texts[index]])) as Record<Name, string | undefined>;
    }
  }
};

/** A folder that is no mounted volume is read as it is. */
const currentFolder = (dir: string): Promise<string> => realpath(join(dir, '..data')).catch(() => dir);
