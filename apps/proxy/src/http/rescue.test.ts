import { expect, test } from 'vitest';
import { type AbortCause, aborts, connectFailed, peerReset } from './abort.ts';
import { Exchange } from './exchange.ts';
import { type Refusal, refusal, refusals, refusalWith } from './refusal.ts';
import { refuse, rescue } from './rescue.ts';

interface Client {
  readonly version?: '1.1' | '2';
  readonly grpc?: boolean;
  readonly isBegun?: boolean;
  readonly mayExplain?: boolean;
}

/** What a client sees of a refusal or a failure. */
const seenBy = (client: Client, act: (exchange: Exchange, options: Parameters<typeof refuse>[2]) => void): unknown => {
  const seen: Record<string, unknown> = {};
  const downstream = {
    sendInformational: () => {},
    sendHead: () => {
      seen['status'] = exchange.response.status;
      Object.assign(seen, Object.fromEntries(exchange.response.headers.toArray()));
    },
    closeConnection: () => {
      seen['closes'] = true;
    },
    sendData: () => {},
    sendEnd: (trailers: { toArray(): [string, string][] } | undefined) => {
      seen['trailers'] = Object.fromEntries(trailers?.toArray() ?? []);
    },
    abort: (cause: AbortCause) => {
      seen['reset'] = cause.http2Code;
    },
    credit: () => {},
  };
  const service = {
    handle: () => {},
    responded: () => {},
    failed: () => {},
    overdue: () => {},
    finished: () => {},
  };
  const exchange = new Exchange(downstream, service);
  exchange.request.version = client.version ?? '1.1';
  if (client.grpc === true) exchange.request.headers.append('content-type', 'application/grpc+proto');
  exchange.begin(0);
  if (client.isBegun === true) {
    exchange.response.status = 200;
    exchange.response.hasBody = true;
    exchange.onResponseHead();
  }
  act(exchange, {
    mayExplain: client.mayExplain ?? false,
    onRefused: (_exchange, refused: Refusal) => {
      seen['counted'] = refused.code;
    },
  });
  return seen;
};

const denied = refusal('unauthorized');

test.each<[string, Client, Refusal, unknown]>([
  ['an unmeshed client learns a status only', {}, denied, { status: 403, counted: 'unauthorized' }],
  [
    'a meshed client learns why',
    { mayExplain: true },
    denied,
    { status: 403, counted: 'unauthorized', 'l5d-proxy-error': 'unauthorized request on route' },
  ],
  [
    'a refusal that closes says so',
    { mayExplain: true },
    refusal('failfast'),
    {
      status: 504,
      counted: 'failfast',
      closes: true,
      'l5d-proxy-error': 'service in fail-fast',
      'l5d-proxy-connection': 'close',
    },
  ],
  [
    'a gRPC client gets a gRPC status',
    { version: '2', grpc: true, mayExplain: true },
    refusalWith('unauthorized', { text: 'café 100%' }),
    {
      status: 200,
      'content-type': 'application/grpc',
      'grpc-status': '7',
      'grpc-message': 'caf%C3%A9 100%25',
      counted: 'unauthorized',
      'l5d-proxy-error': 'caf? 100%',
    },
  ],
  [
    'a gRPC client whose response has begun gets trailers',
    { version: '2', grpc: true, isBegun: true },
    refusal('timeout'),
    { status: 200, trailers: { 'grpc-status': '4', 'grpc-message': '' }, counted: 'timeout' },
  ],
  [
    'another response that has begun is cut',
    { isBegun: true },
    refusal('timeout'),
    { status: 200, reset: 8, counted: 'timeout' },
  ],
  [
    'a redirect says where to',
    {},
    refusalWith('redirect', { status: 308, location: 'https://a/' }),
    { status: 308, location: 'https://a/', counted: 'redirect' },
  ],
])('%s', (_what, client, refused, expected) => {
  expect(seenBy(client, (exchange, options) => refuse(exchange, refused, options))).toEqual(expected);
});

test.each<[string, Client, AbortCause, unknown]>([
  ['a lost connection', {}, aborts.connectionLost, { status: 502, counted: 'io', closes: true }],
  ['a failed connect', { version: '2' }, connectFailed('nobody listens'), { status: 502, counted: 'io', closes: true }],
  ['a slow connect', {}, aborts.connectTimeout, { status: 504, counted: 'connect-timeout', closes: true }],
  ['a reset towards HTTP/1', {}, peerReset(8), { status: 502, counted: 'io', closes: true }],
  ['a reset towards HTTP/2', { version: '2' }, peerReset(11), { reset: 11, counted: 'io' }],
])('upstream fails by %s', (_what, client, cause, expected) => {
  expect(seenBy(client, (exchange, options) => rescue(exchange, cause, options))).toEqual(expected);
});

test('every refusal has a status that HTTP and gRPC know', () => {
  for (const { code, status, grpc } of refusals) {
    expect([code, status >= 300 && status < 600, grpc > 0 && grpc <= 16]).toEqual([code, true, true]);
  }
});
