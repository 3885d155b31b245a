/**
 * `grpc HOST PORT METHOD COUNT`: calls at once over one HTTP/2 connection; a line for each with its status and the pod
 * that answered. For `Tick` it counts messages and ends the call after the first ten.
 */
import { type ClientHttp2Session, connect } from 'node:http2';
import { grpcMessage, servicePath } from './grpc-server.ts';
import { say } from './say.ts';

export const grpcCalls = async ([
  host = '',
  port = '9090',
  method = 'Say',
  count = '1',
]: readonly string[]): Promise<void> => {
  const session = connect(`http://${host}:${port}`);
  session.on('error', (error: NodeJS.ErrnoException) => say({ kind: 'error', error: error.code ?? error.message }));
  const calls = Array.from({ length: Number(count) }, (_, index) => call(session, method, `call ${index}`));
  for (const report of await Promise.all(calls)) say(report);
  session.close();
};

const call = (session: ClientHttp2Session, method: string, text: string): Promise<object> =>
  new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': `${servicePath}/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    let messages = 0;
    let pod: unknown;
    let httpStatus: unknown;
    let status: unknown;
    stream.setTimeout(20_000, () => stream.destroy(new Error('no answer in time')));
    stream.on('response', (headers) => {
      httpStatus = headers[':status'];
      pod = headers['x-pod'];
      // An answer without messages carries its status in the head.
      status = headers['grpc-status'];
    });
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      messages += 1;
      if (method === 'Tick' && messages === 10) stream.close(8);
    });
    stream.on('trailers', (trailers) => {
      status = trailers['grpc-status'];
    });
    stream.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ kind: 'error', error: error.code ?? error.message }),
    );
    stream.on('close', () => {
      const isEcho = Buffer.concat(chunks).equals(grpcMessage(Buffer.from(text)));
      resolve({ kind: 'answer', httpStatus, status, pod, messages, isEcho });
    });
    stream.end(grpcMessage(Buffer.from(text)));
  });
