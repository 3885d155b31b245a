import { HeaderList } from '@heddle/wire';
import { describe, expect, test } from 'vitest';
import { type AbortCause, aborts } from './abort.ts';
import { Exchange } from './exchange.ts';
import type { DownstreamStream, HttpService, UpstreamStream } from './stream.ts';

/** Both sides and a service that write down what they are told. */
const setUp = (): { exchange: Exchange; log: string[]; upstream: UpstreamStream } => {
  const log: string[] = [];
  const sink = (side: string): UpstreamStream => ({
    sendData: (bytes) => log.push(`${side} data ${bytes.toString()}`),
    sendEnd: (trailers) => log.push(`${side} end${trailers === undefined ? '' : ` ${trailers.toArray().join()}`}`),
    abort: (cause) => log.push(`${side} abort ${cause.kind}`),
    credit: (bytes) => log.push(`${side} credit ${bytes}`),
  });
  const downstream: DownstreamStream = {
    ...sink('down'),
    sendInformational: (status) => log.push(`down informational ${status}`),
    sendHead: () => log.push(`down head ${exchange.response.status}`),
    closeConnection: () => log.push('down close'),
  };
  const service: HttpService = {
    handle: () => log.push('handle'),
    responded: () => log.push('responded'),
    failed: (_exchange, cause: AbortCause) => log.push(`failed ${cause.kind}`),
    overdue: () => log.push('overdue'),
    finished: () => log.push('finished'),
  };
  const exchange = new Exchange(downstream, service);
  return { exchange, log, upstream: sink('up') };
};

const begin = (exchange: Exchange, hasBody: boolean, method = 'POST'): void => {
  exchange.request.method = method;
  exchange.request.hasBody = hasBody;
  exchange.begin(1000);
};

const respond = (exchange: Exchange, status: number, hasBody: boolean): void => {
  exchange.response.status = status;
  exchange.response.hasBody = hasBody;
  exchange.onResponseHead();
};

describe('an exchange', () => {
  test('takes headers of the mesh out of trailers, which servers may read as headers', () => {
    const { exchange, log, upstream } = setUp();
    begin(exchange, true);
    exchange.attach(upstream);
    exchange.onRequestEnd(
      HeaderList.from([
        ['l5d-client-id', 'admin'],
        ['t', '1'],
      ]),
    );
    expect(log).toEqual(['handle', 'up end t,1']);
  });

  test('passes a body that came early once there is an upstream, in order, with its trailers', () => {
    const { exchange, log, upstream } = setUp();
    begin(exchange, true);
    exchange.onRequestData(Buffer.from('a'));
    exchange.onRequestData(Buffer.from('b'));
    exchange.onRequestEnd(HeaderList.from([['t', '1']]));
    exchange.attach(upstream);
    exchange.onRequestAccepted(2);
    respond(exchange, 200, true);
    exchange.onResponseData(Buffer.from('c'));
    exchange.onResponseAccepted(1);
    exchange.onResponseEnd(undefined);
    expect(log).toEqual([
      'handle',
      'up data a',
      'up data b',
      'up end t,1',
      'down credit 2',
      'responded',
      'down head 200',
      'down data c',
      'up credit 1',
      'down end',
      'finished',
    ]);
    expect(exchange.isOpen).toBe(false);
  });

  test('is over with a head when there is no body, and its record is as new', () => {
    const { exchange, log, upstream } = setUp();
    begin(exchange, false);
    exchange.attach(upstream);
    exchange.onInformational(103, new HeaderList());
    respond(exchange, 204, false);
    expect(log).toEqual(['handle', 'down informational 103', 'responded', 'down head 204', 'finished']);
    expect(exchange.request.method).toBe('');
    expect(exchange.serial).toBe(1);
    begin(exchange, false);
    expect(exchange.isResponseStarted).toBe(false);
  });

  test('a response that is complete before its request ends the exchange and tells upstream', () => {
    const { exchange, log, upstream } = setUp();
    begin(exchange, true);
    exchange.attach(upstream);
    respond(exchange, 413, false);
    exchange.onRequestData(Buffer.from('more'));
    expect(log.slice(1)).toEqual(['responded', 'down head 413', 'up abort no-longer-needed', 'finished']);
  });

  test('an answer of the service drops what waited and silences upstream', () => {
    const { exchange, log, upstream } = setUp();
    begin(exchange, true);
    exchange.attach(upstream);
    exchange.response.status = 403;
    exchange.answer();
    exchange.onResponseData(Buffer.from('late'));
    expect(log.slice(1)).toEqual(['up abort no-longer-needed', 'down head 403', 'finished']);
  });

  test.each([
    ['the client leaves', (e: Exchange) => e.onRequestAborted(aborts.clientGone), ['up abort client-gone', 'finished']],
    ['it is revoked', (e: Exchange) => e.abort(aborts.revoked), ['up abort revoked', 'down abort revoked', 'finished']],
    ['upstream fails', (e: Exchange) => e.onResponseAborted(aborts.connectionLost), ['failed connection-lost']],
  ])('when %s', (_what, act, expected) => {
    const { exchange, log, upstream } = setUp();
    begin(exchange, true);
    exchange.attach(upstream);
    act(exchange);
    expect(log.slice(1)).toEqual(expected);
  });

  test.each([
    ['the client ends first', ['client', 'server']],
    ['the server ends first', ['server', 'client']],
  ])('a tunnel lives until both have ended: %s', (_what, order) => {
    const { exchange, log, upstream } = setUp();
    begin(exchange, true);
    exchange.attach(upstream);
    respond(exchange, 101, false);
    exchange.onRequestData(Buffer.from('x'));
    exchange.onResponseData(Buffer.from('y'));
    for (const side of order) {
      expect(exchange.isOpen).toBe(true);
      if (side === 'client') exchange.onRequestEnd(undefined);
      else exchange.onResponseEnd(undefined);
    }
    expect(exchange.isOpen).toBe(false);
    expect(log).toContain('up end');
    expect(log).toContain('down end');
    expect(log.join()).not.toContain('abort');
  });
});
