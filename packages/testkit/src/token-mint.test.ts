import { createLocalJWKSet, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { createTokenMint } from './token-mint.ts';

test('a token verifies against the JWKS of its mint, with its claims as asked', async () => {
  const mint = await createTokenMint();
  const token = await mint.mint({ namespace: 'shop', name: 'web' }, { claims: { aud: 'other', nbf: undefined } });
  const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [...mint.jwks.keys] }), { audience: 'other' });
  expect(payload).toMatchObject({ sub: 'system:serviceaccount:shop:web', iss: expect.stringContaining('kubernetes') });
  expect(payload).not.toHaveProperty('nbf');
  expect(mint.jwks.keys[0]).not.toHaveProperty('d');
});
