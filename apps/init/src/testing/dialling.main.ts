/**
 * Run by a test inside a network namespace: connects to each target and prints who answered, as a JSON list.
 * Usage: dialling.main.ts UID GID tcp:ADDRESS/PORT[/SOURCE]|udp:ADDRESS/PORT…
 */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

const [uid = '', gid = '', ...targets] = process.argv.slice(2);
const patienceMs = 3_000;

const tcp = (host: string, port: number, localAddress?: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    socket.setTimeout(patienceMs, () => socket.destroy(new Error('no answer')));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('close', () => resolve(answer));
  });

const udp = (host: string, port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const finish = (answer: string): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => finish('no answer'), patienceMs);
    socket.once('message', (message) => finish(message.toString()));
    socket.once('error', (error) => finish(error.message));
    socket.send('hello', port, host);
  });

process.setgid?.(Number(gid));
process.setuid?.(Number(uid));
const answers = targets.map((target) => {
  const [host = '', port = '', source] = target.slice('tcp:'.length).split('/');
  return target.startsWith('udp:') ? udp(host, Number(port)) : tcp(host, Number(port), source);
});
process.stdout.write(JSON.stringify(await Promise.all(answers)));
