/**
 * Run by a test inside a network namespace where port 8080 is redirected to 4143: connects to 8080 in every form and
 * prints what the addon says. Usage: redirected.main.ts ADDON
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { kernelDestinations } from '../original-destination.ts';
import { TcpListener } from '../tcp-listener.ts';

const destinations = kernelDestinations(process.argv[2] ?? '');
const cases = [
  ['0.0.0.0', '127.0.0.1'],
  ['::', '127.0.0.1'],
  ['::', '::1'],
] as const;
for (const [host, target] of cases) {
  const listener = await TcpListener.listen({
    name: 'redirected',
    host,
    port: 4143,
    onConnection: (socket) => {
      const found = destinations.of(socket);
      console.log(`${host} ${target} -> ${found?.ip} ${found?.port}`);
      socket.destroy();
    },
  });
  await once(connect(8080, target).resume(), 'close');
  await listener.close();
}
