import { describe, expect, test } from 'vitest';
import { type ContextToken, parseContextToken, parseWorkloadToken, type WorkloadToken } from './tokens.ts';

const error = { kind: 'error', message: expect.stringContaining('is not a token') };
const web = { kind: 'pod', namespace: 'shop', pod: 'web-0' } as const;

describe('workload tokens', () => {
  test.each<[string, WorkloadToken | typeof error]>([
    ['{"ns":"shop","pod":"web-0"}', web],
    ['{"ns":"shop","pod":"web-0"}\n', web],
    [' { "pod": "web-0", "ns": "shop", "more": "ignored" } \n', web],
    ['shop:web-0', web],
    ['shop:web-0\n', web],
    ['{"ns":"shop","external_workload":"vm"}', { kind: 'externalWorkload', namespace: 'shop', name: 'vm' }],
    ['', error],
    ['shop', error],
    ['shop:', error],
    [':web-0', error],
    ['shop:web:0', error],
    ['{"ns":"shop"}', error],
    ['{"ns":"shop","pod":"web-0","external_workload":"vm"}', error],
    ['{"ns":"shop","pod":7}', error],
    ['{"ns":"shop","pod":"../etc"}', error],
    ['{"ns":"shop/../x","pod":"web-0"}', error],
    ['{"ns":"shop","pod":"web-0"', error],
    ['{"__proto__":{"ns":"shop","pod":"web-0"}}', error],
    ['[]', error],
    ['null', error],
    ['{"ns":null,"pod":"web-0"}', error],
    [`{"ns":"shop","pod":"web-0","x":"${'y'.repeat(3000)}"}`, error],
  ])('%j', (text, expected) => {
    expect(parseWorkloadToken(text)).toEqual(expected);
  });
});

describe('context tokens', () => {
  test.each<[string, ContextToken | typeof error]>([
    ['{"ns":"shop","nodeName":"node-1","pod":"web-0"}\n', { ...web, nodeName: 'node-1' }],
    ['{"ns":"shop","pod":"web-0"}', { ...web, nodeName: undefined }],
    ['{"ns":"shop","nodeName":"","pod":"web-0"}', { ...web, nodeName: undefined }],
    ['ns:shop', { kind: 'anonymous', nodeName: undefined }],
    ['{"ns":"shop","nodeName":"node-1"}', { kind: 'anonymous', nodeName: 'node-1' }],
    ['{"ns":"shop","pod":""}', { kind: 'anonymous', nodeName: undefined }],
    ['', { kind: 'anonymous', nodeName: undefined }],
    ['\n', { kind: 'anonymous', nodeName: undefined }],
    ['ns:', error],
    ['{"ns":"shop","pod":"/"}', error],
    ['{"pod":"web-0"}', error],
    ['gibberish', error],
  ])('%j', (text, expected) => {
    expect(parseContextToken(text)).toEqual(expected);
  });
});
