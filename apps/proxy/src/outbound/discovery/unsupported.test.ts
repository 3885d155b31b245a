import { createMessage, outboundApi } from '@heddle/api';
import { expect, test } from 'vitest';
import { unsupportedInPolicy } from './unsupported.ts';

const second = { seconds: 1n, nanos: 0 };

test.each([
  ['nothing', {}, undefined],
  ['timeouts that are all unset', { timeouts: {} }, undefined],
  ['a time for the request', { timeouts: { request: second } }, 'route timeouts are not supported'],
  ['a time for the response', { timeouts: { response: second } }, 'route timeouts are not supported'],
  ['a time without a frame', { timeouts: { idle: second } }, 'route timeouts are not supported'],
  ['the older field for it', { requestTimeout: second }, 'route timeouts are not supported'],
  ['retries', { retry: {} }, 'retries are not supported'],
  ['headers that ask for either', { allowL5dRequestHeaders: true }, 'l5d request headers are not supported'],
])('a rule with %s', (_, rule, expected) => {
  const http = { routes: [{ rules: [rule] }] };
  const policies = (['http1', 'http2'] as const).map((name) => ({ case: name, value: http }));
  const detect = { case: 'detect' as const, value: { http1: http, http2: http } };
  for (const kind of [...policies, detect]) {
    const policy = createMessage(outboundApi.OutboundPolicySchema, { protocol: { kind } });
    expect(unsupportedInPolicy(policy)).toBe(expected);
  }
});
