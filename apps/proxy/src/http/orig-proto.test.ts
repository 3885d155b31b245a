import { HeaderList } from '@heddle/wire';
import { describe, expect, test } from 'vitest';
import { classify } from './classification.ts';
import { RequestHead } from './head.ts';
import { isMeshHeader } from './mesh-headers.ts';
import { markOriginalProtocol, restoreOriginalProtocol, unmarkOriginalProtocol } from './orig-proto.ts';

describe('HTTP/1 carried in HTTP/2', () => {
  test.each([
    ['1.1', false, 'HTTP/1.1'],
    ['1.0', false, 'HTTP/1.0'],
    ['1.1', true, 'HTTP/1.1; absolute-form'],
  ] as const)('%s, absolute %s is marked %s and becomes itself again', (version, isAbsoluteForm, mark) => {
    const request = new RequestHead();
    request.version = version;
    request.isAbsoluteForm = isAbsoluteForm;
    markOriginalProtocol(request);
    expect(request.headers.get('l5d-orig-proto')).toBe(mark);
    request.version = '2';
    request.isAbsoluteForm = false;
    expect(restoreOriginalProtocol(request)).toBe(mark);
    expect([request.version, request.isAbsoluteForm]).toEqual([version, isAbsoluteForm]);
  });

  test('the host goes in a field of its own, too, and both go when it is HTTP/1 after all', () => {
    const request = new RequestHead();
    request.version = '1.1';
    request.authority = 'authors:7001';
    markOriginalProtocol(request);
    markOriginalProtocol(request);
    const { headers } = request;
    expect([headers.size, headers.get('host'), headers.get('l5d-orig-proto')]).toEqual([2, 'authors:7001', 'HTTP/1.1']);
    unmarkOriginalProtocol(request);
    expect(headers.size).toBe(0);
  });

  test('HTTP/2 of the application is not marked', () => {
    const request = new RequestHead();
    request.version = '2';
    markOriginalProtocol(request);
    expect(request.headers.size).toBe(0);
  });

  test.each(['HTTP/2', 'HTTP/1.2', 'http/1.1', 'HTTP/1.1; x', ''])('the mark %j is none', (mark) => {
    const request = new RequestHead();
    request.version = '2';
    request.headers.copyFrom(HeaderList.from([['l5d-orig-proto', mark]]));
    expect(restoreOriginalProtocol(request)).toBe('');
    expect(request.version).toBe('2');
  });
});

test.each([
  ['l5d-client-id', true],
  ['l5d_client_id', true],
  ['l5d.client.id', true],
  ['l5d-', true],
  ['l5d', true],
  ['l5dx', false],
  ['l5d1-x', false],
  ['l5', false],
  ['x-l5d-client-id', false],
])('%s is a header of the mesh: %s', (name, expected) => {
  expect(isMeshHeader(name)).toBe(expected);
});

test.each([
  [200, '', 'success'],
  [404, '', 'success'],
  [503, '', 'failure'],
  [0, '', 'failure'],
  [200, '0', 'success'],
  [200, '5', 'success'],
  [200, '14', 'failure'],
  [200, '7', 'failure'],
])('status %d with gRPC status %j is a %s', (status, grpcStatus, expected) => {
  expect(classify(status, grpcStatus)).toBe(expected);
});
