/** Services as plain functions over messages, bound to a generated descriptor. */
import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  Message,
  MessageShape,
} from '@bufbuild/protobuf';
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type CallContext, type CallTransport, callContext } from './call-context.ts';
import { RpcError } from './rpc-error.ts';
import { methodDefinition } from './service-definition.ts';

/** Throw an `RpcError` to answer with a status. Any other error is reported and answered with `internal`, without its text. */
export type UnaryHandler<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  call: CallContext,
) => Promise<MessageShape<O>> | MessageShape<O>;

/**
 * Yields what to send; the next value is asked for only when the client has room, so a slow reader of a cell gets the
 * newest value and never a queue. Ends with the call: the iterable is returned when the caller goes away. Values must not
 * be changed after they were yielded.
 */
export type StreamHandler<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  call: CallContext,
) => AsyncIterable<MessageShape<O>>;

/** One function per method of the service, named as in the generated descriptor (`watchPort`). */
export type ServiceHandlers<S extends DescService> = {
  readonly [K in keyof S['method']]: S['method'][K] extends DescMethodUnary<infer I, infer O>
    ? UnaryHandler<I, O>
    : S['method'][K] extends DescMethodServerStreaming<infer I, infer O>
      ? StreamHandler<I, O>
      : never;
};

/** A service ready to be served; see `serveWith`. */
export interface BoundService {
  readonly name: string;
  readonly bind: (
    transport: CallTransport,
    reportError: ReportError,
  ) => {
    readonly definition: ServiceDefinition;
    readonly implementation: UntypedServiceImplementation;
  };
}

/** Told of every error of a handler that is not an `RpcError`. */
export type ReportError = (error: unknown, method: string) => void;

/** Joins a service of the generated code with its handlers. */
export const serveWith = <S extends DescService>(service: S, handlers: ServiceHandlers<S>): BoundService => ({
  name: service.typeName,
  bind: (transport, reportError) => {
    const definition: Record<string, ServiceDefinition[string]> = {};
    const implementation: UntypedServiceImplementation = {};
    for (const method of service.methods) {
      const handler: unknown = Reflect.get(handlers, method.localName);
      const answer = (error: unknown): RpcError => {
        if (error instanceof RpcError) return error;
        reportError(error, `${service.typeName}/${method.name}`);
        return new RpcError('internal', 'internal error');
      };
      definition[method.localName] = methodDefinition(method) as ServiceDefinition[string];
      implementation[method.localName] =
        method.methodKind === 'unary'
          ? serveUnary(handler as UnaryHandler<DescMessage, DescMessage>, transport, answer)
          : serveStream(handler as StreamHandler<DescMessage, DescMessage>, transport, answer);
    }
    return { definition, implementation };
  },
});

type Answer = (error: unknown) => RpcError;

const statusOf = (error: RpcError): { code: number; details: string } => ({
  code: error.status,
  details: error.message,
});

const serveUnary =
  (
    handler: UnaryHandler<DescMessage, DescMessage>,
    transport: CallTransport,
    answer: Answer,
  ): handleUnaryCall<Message, Message> =>
  (call, callback) => {
    const controller = new AbortController();
    call.on('cancelled', () => controller.abort());
    const run = async (): Promise<void> => {
      try {
        const response = await handler(call.request, callContext(call, transport, controller.signal));
        callback(null, response);
      } catch (error) {
        callback(statusOf(answer(error)));
      } finally {
        controller.abort();
      }
    };
    void run();
  };

const serveStream =
  (
    handler: StreamHandler<DescMessage, DescMessage>,
    transport: CallTransport,
    answer: Answer,
  ): handleServerStreamingCall<Message, Message> =>
  (call) => {
    const controller = new AbortController();
    call.on('cancelled', () => controller.abort());
    call.on('error', () => controller.abort());
    const run = async (): Promise<void> => {
      try {
        const messages = handler(call.request, callContext(call, transport, controller.signal));
        await sendAll(call, messages, controller.signal);
        if (!controller.signal.aborted) call.end();
      } catch (error) {
        if (!controller.signal.aborted) call.emit('error', statusOf(answer(error)));
      } finally {
        controller.abort();
      }
    };
    void run();
  };

/**
 * Writes one message at a time, each after the one before was taken by the connection: what waits is never more than
 * one. Stops, and returns the iterator, as soon as `signal` aborts.
 */
const sendAll = async (
  call: ServerWritableStream<Message, Message>,
  messages: AsyncIterable<Message>,
  signal: AbortSignal,
): Promise<void> => {
  const iterator = messages[Symbol.asyncIterator]();
  try {
    while (!signal.aborted) {
      const next = await unlessAborted(iterator.next(), signal);
      if (next === undefined || next.done === true || signal.aborted) return;
      await unlessAborted(written(call, next.value), signal);
    }
  } finally {
    // Not awaited: a generator that is waiting inside `next` returns only when that is over, which its own signal sees to.
    void iterator.return?.();
  }
};

/** Settles when the message has left the stream's own buffer, which alone would take sixteen. */
const written = (call: ServerWritableStream<Message, Message>, message: Message): Promise<undefined> =>
  new Promise((resolve) => call.write(message, () => resolve(undefined)));

/** What `promise` gives, or undefined as soon as `signal` aborts. Leaves nothing behind on the signal. */
const unlessAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
