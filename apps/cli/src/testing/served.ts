/** Servers on this machine that stand for ports of pods. */
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

export interface ServedPort extends AsyncDisposable {
  readonly port: number;
}

export const serve = async (server: Server): Promise<ServedPort> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => void (await new Promise((resolve) => server.close(resolve))),
  };
};

/** Answers these paths with these texts, and 404 otherwise. */
export const serveTexts = (texts: Readonly<Record<string, string>>): Promise<ServedPort> =>
  serve(
    createHttpServer((request, response) => {
      const text = texts[request.url ?? ''];
      response.writeHead(text === undefined ? 404 : 200).end(text ?? 'nothing here');
    }),
  );
