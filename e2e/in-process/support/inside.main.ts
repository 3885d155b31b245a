/**
 * Run by a test inside a network namespace.
 *   inside.main.ts try URL…    tries each (http, tcp, udp) and prints who or what answered, as a JSON list
 *   inside.main.ts serve PORT  answers `application` to everybody, TCP and UDP, IPv4 and IPv6
 */
import { createSocket } from 'node:dgram';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';

const patienceMs = 4_000;
const codeOf = (error: NodeJS.ErrnoException): string => error.code ?? error.message;

const tryHttp = (url: URL): Promise<string> =>
  new Promise((resolve) => {
    const outgoing = request(url, { agent: false, timeout: patienceMs }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.once('error', (error) => resolve(codeOf(error)));
    outgoing.end();
  });

const tryTcp = (host: string, port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.setTimeout(patienceMs, () => socket.destroy(new Error('no answer')));
    socket.once('data', (data: Buffer) => resolve(data.toString()));
    socket.once('error', (error) => resolve(codeOf(error)));
    socket.once('close', () => resolve('closed'));
  });

const tryUdp = (host: string, port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    const finish = (answer: string): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => finish('no answer'), patienceMs / 4);
    socket.once('message', (message) => finish(message.toString()));
    socket.once('error', (error) => finish(codeOf(error)));
    socket.send('hello', port, host, (error) => {
      if (error) finish(codeOf(error));
    });
  });

/** `tcp://[fe80::1%eth0]:80` is no URL for the parser, which knows no zones. */
const attempt = (text: string): Promise<string> => {
  if (text.startsWith('http:')) return tryHttp(new URL(text));
  const [, protocol, host = '', port] = /^(tcp|udp):\/\/\[?([^\]]*?)\]?:(\d+)$/.exec(text) ?? [];
  return protocol === 'udp' ? tryUdp(host, Number(port)) : tryTcp(host, Number(port));
};

const serve = (port: number): void => {
  const udp = createSocket('udp6', (_, from) => udp.send('application', from.port, from.address));
  udp.bind(port, '::');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end('application');
  });
  server.listen(port, '::', () => process.stdout.write('listening\n'));
};

const [verb, ...rest] = process.argv.slice(2);
if (verb === 'serve') serve(Number(rest[0]));
else process.stdout.write(JSON.stringify(await Promise.all(rest.map(attempt))));
