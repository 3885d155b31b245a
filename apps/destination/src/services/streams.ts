/** What the services share: what they need, and the counting of their streams and messages. */
import type { CallContext } from '@heddle/api';
import { RpcError } from '@heddle/api';
import type { Answers } from '../subscriptions/answers.ts';
import type { CallerRules } from './callers.ts';

export interface ServiceDeps extends CallerRules {
  readonly answers: Answers;
  readonly clusterDomain: string;
  readonly counters: StreamCounters;
}

/** Told of what happens to calls; see metrics.ts. */
export interface StreamCounters {
  readonly opened: (method: string) => void;
  readonly closed: (method: string) => void;
  readonly sent: (method: string) => void;
  readonly refused: (method: string, code: string) => void;
}

/** A streaming handler whose streams, messages and refusals are counted. */
export const countedStream = <Request, Message>(
  { counters }: ServiceDeps,
  method: string,
  handler: (request: Request, call: CallContext) => AsyncIterable<Message>,
): ((request: Request, call: CallContext) => AsyncIterable<Message>) =>
  async function* (request, call) {
    counters.opened(method);
    try {
      for await (const message of handler(request, call)) {
        counters.sent(method);
        yield message;
      }
    } catch (error) {
      if (error instanceof RpcError) counters.refused(method, error.code);
      throw error;
    } finally {
      counters.closed(method);
    }
  };

/** A unary handler whose answers and refusals are counted. */
export const countedCall =
  <Request, Message>(
    { counters }: ServiceDeps,
    method: string,
    handler: (request: Request, call: CallContext) => Message,
  ): ((request: Request, call: CallContext) => Message) =>
  (request, call) => {
    try {
      const message = handler(request, call);
      counters.sent(method);
      return message;
    } catch (error) {
      if (error instanceof RpcError) counters.refused(method, error.code);
      throw error;
    }
  };

/** Converts each value once, however many streams send it. */
export const once = <Value extends object, Message>(
  convert: (value: Value) => Message,
): ((value: Value) => Message) => {
  const known = new WeakMap<Value, { readonly message: Message }>();
  return (value) => {
    let entry = known.get(value);
    if (!entry) known.set(value, (entry = { message: convert(value) }));
    return entry.message;
  };
};
