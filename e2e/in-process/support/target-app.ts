/** An application to be attacked. On one port it takes any bytes, on the other HTTP/1; it tells of all that reaches it. */
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';

const listenOn = (variable: string): { readonly host: string; readonly port: number } => {
  const [host = '', port = ''] = (process.env[variable] ?? '').split(':');
  return { host, port: Number(port) };
};

const largeBytes = 512 * 1024;

const tcp = createTcpServer((socket) => {
  process.stdout.write('saw a connection\n');
  socket.on('error', () => socket.destroy());
  socket.end('you are in');
});
const http = createHttpServer((request, response) => {
  request.on('error', () => undefined);
  request.resume();
  response.on('error', () => undefined);
  if (request.url === '/large') response.end(Buffer.alloc(largeBytes, 'x'));
  else response.end('small');
});
tcp.listen(listenOn('DETECT_LISTEN'));
http.listen(listenOn('HTTP_LISTEN'));
process.once('SIGTERM', () => process.exit(0));
