/** Nobody's bytes make a parser throw, and no changed byte passes for the original. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePemBundle } from '../certificate/bundle.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { generatePrivateKey, parsePrivateKey } from '../keys.ts';
import { createCsr } from '../request/create.ts';
import { parseCsr } from '../request/parse.ts';
import { anchors, issuer, leafFrom } from '../testing/authorities.ts';
import { identity, nowMs } from '../testing/build.ts';
import { verifyChain } from './chain.ts';

const leaf = leafFrom(issuer);
const csr = createCsr(identity, generatePrivateKey());

interface Edit {
  readonly at: number;
  readonly byte: number;
  readonly kind: 'replace' | 'insert' | 'remove';
}

const edits = fc.array(
  fc.record<Edit>({
    at: fc.nat({ max: 10_000 }),
    byte: fc.integer({ min: 0, max: 255 }),
    kind: fc.constantFrom('replace', 'replace', 'insert', 'remove'),
  }),
  { minLength: 1, maxLength: 4 },
);

const mutate = (der: Buffer, changes: readonly Edit[]): Buffer => {
  const bytes = [...der];
  for (const { at, byte, kind } of changes) {
    bytes.splice(at % bytes.length, kind === 'insert' ? 0 : 1, ...(kind === 'remove' ? [] : [byte]));
  }
  return Buffer.from(bytes);
};

test('a changed certificate is refused, by the parser or by the chain', () => {
  fc.assert(
    fc.property(edits, (changes) => {
      const der = mutate(leaf.certificate.der, changes);
      fc.pre(!der.equals(leaf.certificate.der));
      const parsed = parseCertificate(der);
      if (parsed.kind === 'invalid') return;
      const verified = verifyChain(parsed.value, leaf.intermediates, anchors, { nowMs, purpose: 'clientAuth' });
      expect(verified.kind).toBe('invalid');
    }),
    { numRuns: 2000 },
  );
});

test('a changed request is refused', () => {
  fc.assert(
    fc.property(edits, (changes) => {
      const der = mutate(csr, changes);
      fc.pre(!der.equals(csr));
      expect(parseCsr(der).kind).toBe('invalid');
    }),
    { numRuns: 2000 },
  );
});

test('every prefix and every single flipped bit of a request is refused', () => {
  for (let length = 0; length < csr.length; length += 1) expect(parseCsr(csr.subarray(0, length)).kind).toBe('invalid');
  for (let bit = 0; bit < csr.length * 8; bit += 1) {
    const der = Buffer.from(csr);
    der[bit >> 3] = (der[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(parseCsr(der).kind).toBe('invalid');
  }
});

test('arbitrary bytes and text are answered with a reason', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.string({ maxLength: 300 }), (bytes, text) => {
      expect(parseCertificate(bytes).kind).toBe('invalid');
      expect(parseCsr(bytes).kind).toBe('invalid');
      expect(parsePrivateKey(bytes).kind).toBe('invalid');
      expect(parsePrivateKey(text).kind).toBe('invalid');
      expect(parsePemBundle(text).kind).toBe('invalid');
    }),
  );
});
