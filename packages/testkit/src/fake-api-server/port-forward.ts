/**
 * `pods/portforward` over WebSocket (`v4.channel.k8s.io`): ports of pods that are really ports of this machine. Written
 * apart from the client that it tests; small frames only.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

const protocol = 'v4.channel.k8s.io';

/** @param portOf the port of 127.0.0.1 that stands for a pod's; undefined: nobody listens there */
export const servePortForward = (
  request: IncomingMessage,
  socket: Duplex,
  portOf: (namespace: string, pod: string, port: number) => number | undefined,
): void => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
  const [, namespace = '', pod = ''] =
    /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/portforward$/.exec(pathname) ?? [];
  const offered = request.headers['sec-websocket-protocol'];
  if (pod === '' || offered !== protocol) {
    socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    return;
  }
  const port = Number(searchParams.get('ports'));
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\nsec-websocket-protocol: ${protocol}\r\n\r\n`,
  );
  const portBytes = Buffer.of(port & 0xff, port >> 8);
  const send = (channel: number, payload: Buffer): void =>
    void socket.write(frame(2, Buffer.concat([Buffer.of(channel), payload])));
  for (const channel of [0, 1]) send(channel, portBytes);
  const local = portOf(namespace, pod, port);
  if (local === undefined) {
    send(1, Buffer.from(`an error occurred forwarding ${port}: connection refused`));
    socket.end(frame(8, Buffer.alloc(0)));
    return;
  }
  const target = connect(local, '127.0.0.1');
  target.on('data', (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += 32_000) send(0, bytes.subarray(at, at + 32_000));
  });
  target.on('close', () => socket.end(frame(8, Buffer.alloc(0))));
  target.on('error', () => socket.destroy());
  socket.on('error', () => target.destroy());
  socket.on('close', () => target.destroy());
  // An HTTP server's connections stay half open unless somebody ends them.
  socket.on('end', () => {
    target.destroy();
    socket.end();
  });
  let pending = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    for (let read = unmasked(pending); read !== undefined; read = unmasked(pending)) {
      pending = pending.subarray(read.size);
      if (read.opcode === 8) target.end();
      else if (read.opcode === 2 && read.payload[0] === 0) target.write(read.payload.subarray(1));
    }
  });
};

const frame = (opcode: number, payload: Buffer): Buffer => {
  const head = payload.length < 126 ? Buffer.of(0x80 | opcode, payload.length) : Buffer.of(0x80 | opcode, 126, 0, 0);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
};

const unmasked = (
  bytes: Buffer,
): { readonly opcode: number; readonly payload: Buffer; readonly size: number } | undefined => {
  if (bytes.length < 6) return undefined;
  const short = (bytes[1] as number) & 0x7f;
  const start = 2 + (short < 126 ? 0 : short === 126 ? 2 : 8);
  if (bytes.length < start + 4) return undefined;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const size = start + 4 + length;
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(start, start + 4);
  const payload = Buffer.from(bytes.subarray(start + 4, size)).map((byte, index) => byte ^ (mask[index % 4] as number));
  return { opcode: (bytes[0] as number) & 0x0f, payload: Buffer.from(payload), size };
};
