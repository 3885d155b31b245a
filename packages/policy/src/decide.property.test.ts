/** The compiled policy and the reference interpreter say the same, about anything. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePolicy } from './compile.ts';
import { forConnection } from './connection-policy.ts';
import { decideHttp, decideTcp } from './decide.ts';
import {
  anyClient,
  anyPolicy,
  anyRequest,
  decideNaively,
  decideTcpNaively,
  type NaiveVerdict,
} from './testing/index.ts';
import type { Verdict } from './verdict.ts';

const isNightly = process.env['HEDDLE_NIGHTLY'] === '1';
const numRuns = isNightly ? 100_000 : 5_000;
const timeout = isNightly ? 1_800_000 : 60_000;

const essence = (verdict: Verdict): NaiveVerdict =>
  verdict.kind === 'permit'
    ? { kind: 'permit', route: verdict.route, authorization: verdict.authorization, filters: verdict.filters }
    : { kind: 'deny', reason: verdict.reason, route: verdict.route };

const tally = new Map<string, number>();

test(`decideHttp agrees with the reference on ${numRuns} policies`, { timeout }, () => {
  const modes = fc.constantFrom('reject' as const, 'reject' as const, 'raw' as const);
  fc.assert(
    fc.property(
      anyPolicy,
      anyClient,
      fc.array(anyRequest, { minLength: 1, maxLength: 4 }),
      modes,
      (policy, client, requests, ambiguousPaths) => {
        const connection = forConnection(compilePolicy(policy, { ambiguousPaths }), client);
        for (const request of requests) {
          const verdict = decideHttp(connection, request);
          const kind = verdict.kind === 'permit' ? 'permit' : verdict.reason;
          tally.set(kind, (tally.get(kind) ?? 0) + 1);
          expect(essence(verdict)).toEqual(decideNaively(policy, client, request, ambiguousPaths));
        }
      },
    ),
    { numRuns },
  );
  // Guards the generator: every outcome has to occur often, or the agreement says little.
  for (const kind of ['permit', 'noRoute', 'unauthorized', 'invalidPolicy', 'ambiguousPath', 'ambiguousHost']) {
    expect(tally.get(kind) ?? 0, kind).toBeGreaterThan(numRuns / 200);
  }
});

test(`decideTcp agrees with the reference on ${numRuns} policies`, { timeout }, () => {
  fc.assert(
    fc.property(anyPolicy, anyClient, (policy, client) => {
      expect(essence(decideTcp(forConnection(compilePolicy(policy), client)))).toEqual(
        decideTcpNaively(policy, client),
      );
    }),
    { numRuns },
  );
});
