/** Loaded before an unchanged application (`node --import`): prints a line for each request that Node hands to it. */
import { subscribe } from 'node:diagnostics_channel';
import { IncomingMessage } from 'node:http';

subscribe('http.server.request.start', (message) => {
  if (typeof message !== 'object' || message === null || !('request' in message)) return;
  const { request } = message;
  if (request instanceof IncomingMessage) process.stdout.write(`saw ${request.method} ${request.url}\n`);
});
