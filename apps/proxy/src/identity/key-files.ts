/**
 * `key.p8` and `csr.der` in the identity directory (wire §4.1): taken when an entry point made them, made when missing,
 * so that a proxy needs no wrapper.
 */
import type { KeyObject } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCsr, encodePkcs8, generatePrivateKey, parsePrivateKey } from '@heddle/pki';

const privateMode = 0o600;

/**
 * The key of the first certificate; later ones have keys that never touch a file.
 * @throws when the directory cannot be used or `key.p8` is no key
 */
export const firstKey = async (directory: string, identity: string): Promise<KeyObject> => {
  const keyFile = join(directory, 'key.p8');
  const existing = await readIfPresent(keyFile);
  if (existing !== undefined && existing.length > 0) {
    const key = parsePrivateKey(existing);
    if (key.kind === 'ok') return key.value;
    throw new Error(`${keyFile}: ${key.reason}; remove it and a new key is made`);
  }
  await mkdir(directory, { recursive: true });
  const key = generatePrivateKey();
  await replace(keyFile, encodePkcs8(key));
  await replace(join(directory, 'csr.der'), createCsr(identity, key));
  return key;
};

const readIfPresent = async (file: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Written beside and renamed, so that nobody reads half of it. */
const replace = async (file: string, content: Buffer): Promise<void> => {
  const beside = `${file}.new`;
  await writeFile(beside, content, { mode: privateMode });
  await chmod(beside, privateMode);
  await rename(beside, file);
};
