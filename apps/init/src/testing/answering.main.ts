/**
 * Run by a test inside a network namespace: answers each connection with who was reached. `NAME` answers on the ports;
 * with an addon, `inbound` and `outbound` answer on the proxy's ports, with the original destination.
 * Usage: answering.main.ts NAME PORT,PORT,… [ADDON]
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { kernelDestinations } from '@heddle/transport';

const [name = '', ports = '', addon] = process.argv.slice(2);

const serve = async (host: string, port: number, answer: (socket: Socket) => string): Promise<void> => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(answer(socket));
  });
  await once(server.listen(port, host), 'listening');
};

for (const port of ports.split(',').map(Number)) {
  await serve('::', port, () => name);
  const udp = createSocket('udp6', (_, { address, port: from }) => udp.send(name, from, address));
  await once(udp.bind(port, '::'), 'listening');
}
if (addon !== undefined) {
  const destinations = kernelDestinations(addon);
  const proxy = (direction: string) => (socket: Socket) => {
    const found = destinations.of(socket);
    return `${direction} ${found?.ip} ${found?.port}`;
  };
  await serve('::', 4143, proxy('inbound'));
  for (const host of ['127.0.0.1', '::1']) await serve(host, 4140, proxy('outbound'));
}
process.stdout.write('listening\n');
