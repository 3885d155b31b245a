/**
 * One layer of an image: a folder tree as a tar, the same bytes for the same content (names sorted, owned by root, no
 * times). Written without a daemon; what tar cannot say in 100 bytes goes into PAX records.
 */
import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface Layer {
  readonly file: string;
  /** `sha256:…` of the tar. */
  readonly digest: string;
  readonly bytes: number;
}

/** From a path in the image (no leading slash) to the file, folder or symbolic link of this machine that goes there. */
export type Tree = ReadonlyMap<string, string>;

/** Everything below `source`, as it shall lie below `target`. */
export const treeOf = (source: string, target: string): Map<string, string> => {
  const tree = new Map<string, string>();
  const add = (from: string, to: string): void => {
    if (to !== '') tree.set(to, from);
    if (!lstatSync(from).isDirectory()) return;
    for (const name of readdirSync(from)) add(join(from, name), to === '' ? name : `${to}/${name}`);
  };
  add(source, target.replace(/^\/+|\/+$/g, ''));
  return tree;
};

/** Bits of capabilities that an executable carries as permitted (capabilities(7)), by path in the image. */
export type FileCapabilities = ReadonlyMap<string, number>;

const blockBytes = 512;

/** Writes the tar of `tree` to `file`. */
export const writeLayer = (file: string, tree: Tree, capabilities: FileCapabilities = new Map()): Layer => {
  const hash = createHash('sha256');
  const out = openSync(file, 'w');
  let bytes = 0;
  const write = (data: Uint8Array): void => {
    writeSync(out, data);
    hash.update(data);
    bytes += data.length;
  };
  const writePadded = (data: Uint8Array): void => {
    write(data);
    write(Buffer.alloc((blockBytes - (data.length % blockBytes)) % blockBytes));
  };
  try {
    for (const [path, source] of withParents(tree)) {
      const entry = entryOf(path, source);
      const records = paxRecords(entry, capabilities.get(path));
      if (records.length > 0) {
        write(header({ path: 'pax', kind: 'x', mode: 0o644, size: records.length, link: '' }));
        writePadded(records);
      }
      write(header(entry));
      if (entry.data !== undefined) writePadded(entry.data);
    }
    write(Buffer.alloc(2 * blockBytes));
  } finally {
    closeSync(out);
  }
  return { file, digest: `sha256:${hash.digest('hex')}`, bytes };
};

interface Entry {
  readonly path: string;
  /** Type flag of tar: file, folder, symbolic link, PAX records. */
  readonly kind: '0' | '5' | '2' | 'x';
  readonly mode: number;
  readonly size: number;
  readonly link: string;
  readonly data?: Uint8Array;
}

/** Sorted, with the folders that nobody named. */
const withParents = (tree: Tree): readonly (readonly [string, string | undefined])[] => {
  const all = new Map<string, string | undefined>(tree);
  for (const path of tree.keys()) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end);
      if (!all.has(parent)) all.set(parent, undefined);
    }
  }
  return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1));
};

const entryOf = (path: string, source: string | undefined): Entry => {
  const folder = { path: `${path}/`, kind: '5', size: 0, link: '' } as const;
  if (source === undefined) return { ...folder, mode: 0o755 };
  const stat = lstatSync(source);
  if (stat.isDirectory())
    return { ...folder, mode: (stat.mode & 0o1000) | ((stat.mode & 0o002) === 0 ? 0o755 : 0o777) };
  if (stat.isSymbolicLink()) return { path, kind: '2', mode: 0o777, size: 0, link: readlinkSync(source) };
  const data = readFileSync(source);
  return { path, kind: '0', mode: (stat.mode & 0o100) === 0 ? 0o644 : 0o755, size: data.length, link: '', data };
};

const paxRecords = ({ path, link }: Entry, capabilities: number | undefined): Buffer => {
  const records: Buffer[] = [];
  if (Buffer.byteLength(path) > 100) records.push(paxRecord('path', Buffer.from(path)));
  if (Buffer.byteLength(link) > 100) records.push(paxRecord('linkpath', Buffer.from(link)));
  if (capabilities !== undefined) {
    records.push(paxRecord('SCHILY.xattr.security.capability', capabilityAttribute(capabilities)));
  }
  return Buffer.concat(records);
};

/** `LENGTH KEY=VALUE\n`, where LENGTH counts itself. */
const paxRecord = (key: string, value: Buffer): Buffer => {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
};

/** `struct vfs_cap_data`, revision 2, without the effective bit. */
const capabilityAttribute = (permitted: number): Buffer => {
  const attribute = Buffer.alloc(20);
  attribute.writeUInt32LE(0x0200_0000, 0);
  attribute.writeUInt32LE(permitted, 4);
  return attribute;
};

const header = ({ path, kind, mode, size, link }: Entry): Buffer => {
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, offset: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, 'latin1');
  };
  block.write(path, 0, 100, 'utf8');
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write('        ', 148, 'latin1');
  block.write(kind, 156, 'latin1');
  block.write(link, 157, 100, 'utf8');
  block.write('ustar\u000000', 257, 'latin1');
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    'latin1',
  );
  return block;
};
