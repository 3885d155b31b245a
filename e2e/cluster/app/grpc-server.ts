/**
 * A gRPC server over cleartext HTTP/2 by hand: `Say` gives the message back, `Tick` sends one every tenth of a second,
 * and it answers the health checks of the kubelet.
 */
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { hostname } from 'node:os';

export const servicePath = '/e2e.Echo';

/** A message as it is on the wire: uncompressed, with its length. */
export const grpcMessage = (payload: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
};

/** `HealthCheckResponse { status: SERVING }`. */
const serving = Buffer.from([0x08, 0x01]);

export const createGrpcServer = (): Http2Server => {
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => stream.destroy());
    const method = String(headers[':path']).slice(servicePath.length + 1);
    const isProbe = headers[':path'] === '/grpc.health.v1.Health/Check';
    const isKnown = method === 'Say' || method === 'Tick' || isProbe;
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'x-pod': hostname() },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': isKnown ? '0' : '12' }));
    if (method === 'Tick') return tick(stream);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      if (isProbe) stream.end(grpcMessage(serving));
      else if (isKnown) stream.end(Buffer.concat(chunks));
      else stream.end();
    });
  });
  return server;
};

const tick = (stream: ServerHttp2Stream): void => {
  const timer = setInterval(() => stream.write(grpcMessage(Buffer.from('tick'))), 100);
  stream.resume().on('close', () => clearInterval(timer));
};
