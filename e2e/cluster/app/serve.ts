/**
 * The server: HTTP/1.1 with an echo, endless answers and WebSocket, and gRPC; on 8080 and 9090, or the ports in PORTS, of
 * which more than two speak HTTP/1.1.
 * Ends as a good pod does.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import type { Duplex } from 'node:stream';
import { createGrpcServer } from './grpc-server.ts';
import { FrameReader, frame, opcodes } from './websocket-frames.ts';

const tickMs = 100;

export const serve = (): void => {
  const [httpPort, grpcPort, ...more] = (process.env['PORTS'] ?? '8080,9090').split(',').map(Number);
  const http = createServer(answer);
  http.on('upgrade', (request: IncomingMessage, socket: Duplex) => upgrade(request, socket));
  http.listen(httpPort, '::');
  for (const port of more) createServer(answer).listen(port, '::');
  const grpc = createGrpcServer();
  grpc.listen(grpcPort, '::');
  process.once('SIGTERM', () => {
    // A pod gets connections for a moment after it was told to end, until everybody knows.
    setTimeout(
      () => {
        http.close(() => process.exit(0));
        http.closeIdleConnections();
        grpc.close();
        setTimeout(() => process.exit(0), 2000).unref();
      },
      Number(process.env['LINGER_MS'] ?? 0),
    );
  });
};

const answer = (request: IncomingMessage, response: ServerResponse): void => {
  const { method, url = '/', headers, httpVersion } = request;
  if (url.startsWith('/ticks')) return tick(response);
  if (url.startsWith('/refused-by-the-application')) response.statusCode = 500;
  const said = { pod: hostname(), method, url, httpVersion, headers };
  request.resume().on('end', () => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(said));
  });
};

/** A line every tenth of a second, until the client has enough. */
const tick = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'text/plain' });
  const timer = setInterval(() => response.write('tick\n'), tickMs);
  response.write('tick\n');
  response.on('close', () => clearInterval(timer));
};

/** RFC 6455: says every message back. */
const upgrade = (request: IncomingMessage, socket: Duplex): void => {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  socket.on('error', () => socket.destroy());
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  const reader = new FrameReader();
  socket.on('data', (data: Buffer) => {
    for (const { opcode, payload } of reader.push(data)) {
      socket.write(frame(opcode, payload));
      if (opcode === opcodes.close) socket.end();
    }
  });
  socket.on('end', () => socket.end());
};
