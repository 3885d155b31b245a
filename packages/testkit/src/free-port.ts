/** A port for a process that must be told one: nothing listens on it, and the kernel gives it to nobody by itself. */
import { createServer } from 'node:net';

/** Below the range from which the kernel takes ports for outgoing connections and for port 0. */
const firstPort = 12_000;
const portCount = 18_000;
const maxTries = 100;

/** A free TCP port of an address. It is not held, so whoever is told of it should listen soon. */
export const freePort = async (host = '127.0.0.1'): Promise<number> => {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const port = firstPort + Math.floor(Math.random() * portCount);
    if (await isFree(host, port)) return port;
  }
  throw new Error(`no free port found on ${host} in ${maxTries} tries`);
};

const isFree = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
