import * as fc from 'fast-check';
import forge from 'node-forge';
import { expect, test } from 'vitest';
import { parsing } from './malformed.ts';
import { type DerElement, readDer } from './read.ts';
import { element } from './write.ts';

const limits = { maxBytes: 4096, maxDepth: 10 };

interface Shape {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly children: readonly Shape[];
}

const { shape } = fc.letrec<{ shape: Shape; leaf: Shape; branch: Shape }>((tie) => ({
  shape: fc.oneof({ maxDepth: 6, depthSize: 'small' }, tie('leaf'), tie('branch')),
  leaf: fc.record({
    tag: fc.constantFrom(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x17, 0x82, 0x86),
    content: fc.uint8Array({ maxLength: 200 }),
    children: fc.constant([]),
  }),
  branch: fc.record({
    tag: fc.constantFrom(0x30, 0x31, 0xa0, 0xa3),
    content: fc.constant(new Uint8Array()),
    children: fc.array(tie('shape'), { maxLength: 4 }),
  }),
}));

const encode = ({ tag, content, children }: Shape): Buffer =>
  children.length > 0 ? element(tag, ...children.map(encode)) : element(tag, content);

const shapeOf = ({ tag, content, children }: DerElement): Shape =>
  children.length > 0
    ? { tag, content: new Uint8Array(), children: children.map(shapeOf) }
    : { tag, content: new Uint8Array(content), children: [] };

test('what is written is read back', () => {
  fc.assert(
    fc.property(shape, (expected) => {
      const der = encode(expected);
      const result = parsing(() => readDer(der, limits));
      if (der.length > limits.maxBytes) expect(result).toMatchObject({ reason: 'larger than 4096 bytes' });
      else expect(result.kind === 'ok' && shapeOf(result.value)).toEqual(expected);
    }),
  );
});

type ForgeNode = forge.asn1.Asn1;

const forgeShape = (node: ForgeNode): Shape => {
  const tag = node.tagClass | (node.constructed ? 0x20 : 0) | node.type;
  return Array.isArray(node.value)
    ? { tag, content: new Uint8Array(), children: node.value.map(forgeShape) }
    : { tag, content: new Uint8Array(Buffer.from(node.value, 'binary')), children: [] };
};

const forgeRead = (der: Buffer): ForgeNode =>
  // The typings lack the options object; `decodeBitStrings` would guess at structure inside of strings.
  (forge.asn1.fromDer as unknown as (bytes: string, options: object) => ForgeNode)(der.toString('binary'), {
    strict: true,
    parseAllBytes: true,
    decodeBitStrings: false,
  });

/** node-forge takes tag number 30 of every class for a BMPString and rewrites its content. */
const holdsBmpString = ({ tag, children }: DerElement): boolean =>
  (tag & 0x1f) === 0x1e || children.some(holdsBmpString);

test('whatever is accepted, node-forge accepts too and reads the same from it', () => {
  const mutated = fc
    .tuple(shape.map(encode), fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }))
    .map(([der, edits]) => {
      for (const [at, byte] of edits) der[at % der.length] = byte;
      return der;
    });
  fc.assert(
    fc.property(
      fc.oneof(
        mutated,
        fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
      ),
      (der) => {
        const result = parsing(() => readDer(der, limits));
        if (result.kind === 'ok' && !holdsBmpString(result.value))
          expect(shapeOf(result.value)).toEqual(forgeShape(forgeRead(der)));
      },
    ),
    { numRuns: 1000 },
  );
});
