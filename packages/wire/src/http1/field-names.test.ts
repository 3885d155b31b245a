import { expect, test } from 'vitest';
import { FieldKind, frequentName, mixName } from './field-names.ts';
import { isToken } from './grammar.ts';

const find = (name: string): ReturnType<typeof frequentName> => {
  const bytes = Buffer.from(`<${name}>`, 'latin1');
  const hash = Buffer.from(name.toLowerCase(), 'latin1').reduce(mixName, 0);
  return frequentName(bytes, 1, bytes.length - 1, hash);
};

test.each([
  ['host', FieldKind.host],
  ['Host', FieldKind.host],
  ['CONTENT-length', FieldKind.contentLength],
  ['Transfer-Encoding', FieldKind.transferEncoding],
  ['Connection', FieldKind.connection],
  ['Upgrade', FieldKind.upgrade],
  ['Expect', FieldKind.expect],
  ['User-Agent', FieldKind.ordinary],
  ['l5d-client-id', FieldKind.ordinary],
])('%s is frequent', (name, kind) => {
  expect(find(name)).toMatchObject({ name: name.toLowerCase(), kind });
});

test.each(['host', 'content-length', 'transfer-encoding', 'connection', 'upgrade', 'expect'])(
  'a name with the hash of %s is not taken for it',
  (name) => {
    // The hash counts each octet 31 times the next: raising one by n and lowering the next by 31 n leaves it as it is.
    const octets = Buffer.from(name);
    let forged = 0;
    for (let at = 0; at + 1 < octets.length; at++) {
      for (const n of [-2, -1, 1, 2]) {
        const other = Buffer.from(octets);
        const [first, second] = [(octets[at] ?? 0) + n, (octets[at + 1] ?? 0) - 31 * n];
        if (!isToken(String.fromCharCode(first)) || !isToken(String.fromCharCode(second))) continue;
        other[at] = first;
        other[at + 1] = second;
        expect(other.reduce(mixName, 0)).toBe(octets.reduce(mixName, 0));
        expect(find(other.toString('latin1'))).toBeUndefined();
        forged++;
      }
    }
    expect(forged).toBeGreaterThan(0);
  },
);
