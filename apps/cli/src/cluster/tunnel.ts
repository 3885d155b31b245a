/** A port of a pod as a port of this machine, for clients that insist on an address. Open only as long as a command needs. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { PodPort } from '@heddle/k8s';
import type { Cluster } from './cluster.ts';

export interface Tunnel extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Why the last connection could not be forwarded; undefined when it could. */
  readonly failure: Error | undefined;
}

export const openTunnel = async (cluster: Pick<Cluster, 'forward'>, target: PodPort): Promise<Tunnel> => {
  const sockets = new Set<Socket>();
  let failure: Error | undefined;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    cluster.forward(target).then(
      (stream) =>
        void pipeline(socket, stream, socket, (error) => {
          if (error && error.name === 'ApiError') failure = error;
        }),
      (error: unknown) => {
        failure = error instanceof Error ? error : new Error(String(error));
        socket.destroy();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get failure() {
      return failure;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
