/**
 * CPU per request over loopback sockets between our own ends, in one process: `node apps/proxy/src/http2/loopback.bench.ts`.
 * `one hop` is a client and a server, `two hops` has a proxy between them that forwards from HTTP/2 to HTTP/2. Answers
 * have 100 octets; 32 requests are open at any time; `distinct` changes path, traceparent and cookie.
 */
import { connect, createServer, type Socket } from 'node:net';
import { DeadlineSweeper, systemClock } from '@heddle/runtime';
import { Exchange } from '../http/exchange.ts';
import { defaultHttpLimits } from '../http/limits.ts';
import type { DownstreamStream, HttpService, UpstreamStream } from '../http/stream.ts';
import { Http2ClientConnection } from './client-connection.ts';
import { Http2ServerConnection } from './server-connection.ts';

const perRun = 40_000;
const open = 32;

const sweeper = new DeadlineSweeper(systemClock, 250);
const shared = { clock: systemClock, sweeper, limits: defaultHttpLimits, onClose: () => undefined };
const sockets: Socket[] = [];
const body = Buffer.alloc(100, 'x');
const nothing = (): undefined => undefined;
const stub: UpstreamStream = { sendData: nothing, sendEnd: nothing, abort: nothing, credit: nothing };
const quiet = { responded: nothing, failed: nothing, overdue: nothing, finished: nothing };

const serve = async (service: HttpService): Promise<number> => {
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
    sockets.push(socket);
    return new Http2ServerConnection({ ...shared, socket, service });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return (server.address() as { port: number }).port;
};

const dial = (port: number): Http2ClientConnection => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  sockets.push(socket);
  return new Http2ClientConnection({ ...shared, socket, onCapacity: nothing });
};
const origin: HttpService = {
  ...quiet,
  handle: (exchange) => {
    exchange.attach(stub);
    const { response } = exchange;
    response.status = 200;
    response.headers.append('content-type', 'application/json');
    response.contentLength = body.length;
    response.hasBody = true;
    exchange.onResponseHead();
    exchange.onResponseData(body);
    exchange.onResponseEnd(undefined);
  },
};

const fill = ({ request }: Exchange, i: number): void => {
  request.version = '2';
  request.method = 'GET';
  request.authority = 'books.booksapp.svc.cluster.local:7002';
  request.target = `/authors/${i}.json`;
  request.headers.append('accept', '*/*');
  request.headers.append('user-agent', 'curl/8.14.1');
  request.headers.append('accept-encoding', 'gzip, deflate, br');
  request.headers.append('traceparent', `00-4bf92f3577b34da6a3ce929d0e${100_000 + i}-00f067aa0ba902b7-01`);
  request.headers.append('cookie', `session=${46_118_400_291 + i * 7919}; theme=dark`);
  request.headers.append('l5d-orig-proto', 'HTTP/1.1');
};

/** Sends `perRun` requests over one connection, `open` at a time. */
const drive = (port: number, isDistinct: boolean): (() => Promise<void>) => {
  const connection = dial(port);
  let sent = 0;
  let received = 0;
  let done: () => void = nothing;
  const next = (exchange: Exchange): void => {
    sent++;
    fill(exchange, isDistinct ? sent % 900 : 0);
    exchange.begin(0);
  };
  const service: HttpService = {
    ...quiet,
    handle: (exchange) => connection.open(exchange),
    finished: (exchange) => {
      if (++received === perRun) done();
      // The record is free again only after this returns.
      if (sent < perRun) queueMicrotask(() => next(exchange));
    },
  };
  const exchanges = Array.from({ length: open }, () => {
    const downstream: DownstreamStream = {
      ...stub,
      sendData: (bytes) => exchange.onResponseAccepted(bytes.length),
      sendInformational: nothing,
      sendHead: nothing,
      closeConnection: nothing,
    };
    const exchange: Exchange = new Exchange(downstream, service);
    return exchange;
  });
  return () =>
    new Promise((resolve) => {
      sent = 0;
      received = 0;
      done = resolve;
      for (const exchange of exchanges) next(exchange);
    });
};

const originPort = await serve(origin);
const upstream = dial(originPort);
const proxyPort = await serve({ ...quiet, handle: (exchange) => upstream.open(exchange) });

for (const [name, isDistinct] of [
  ['same', false],
  ['distinct', true],
] as const) {
  for (const [hops, port] of [
    ['one hop', originPort],
    ['two hops', proxyPort],
  ] as const) {
    const run = drive(port, isDistinct);
    let [rate, cpu] = [0, Number.POSITIVE_INFINITY];
    for (let repeat = 0; repeat < 5; repeat++) {
      const started = performance.now();
      const usage = process.cpuUsage();
      await run();
      const { user, system } = process.cpuUsage(usage);
      rate = Math.max(rate, (perRun / (performance.now() - started)) * 1000);
      cpu = Math.min(cpu, (user + system) / perRun);
    }
    console.log(
      `${hops}, ${name}`.padEnd(20),
      `${rate.toFixed(0)} requests/s`.padStart(20),
      `${cpu.toFixed(1)} µs CPU each`,
    );
  }
}
for (const socket of sockets) socket.destroy();
