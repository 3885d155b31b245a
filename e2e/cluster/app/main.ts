/** The application of the scenarios: a server, and clients that report as lines of JSON. The first argument says which. */
import { askPolicy } from './ask-policy.ts';
import { firstBytes } from './first-bytes.ts';
import { grpcCalls } from './grpc-client.ts';
import { load } from './load.ts';
import { serve } from './serve.ts';
import { ticks } from './ticks.ts';
import { webhook } from './webhook.ts';
import { webSocket } from './websocket-client.ts';

const commands: Readonly<Record<string, (args: readonly string[]) => unknown>> = {
  'ask-policy': askPolicy,
  'first-bytes': firstBytes,
  grpc: grpcCalls,
  load,
  serve,
  ticks,
  webhook,
  websocket: webSocket,
};

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) {
  process.stderr.write(`usage: main.js ${Object.keys(commands).join('|')} [argument...]\n`);
  process.exit(64);
}
await command(args);
