/** From a generated service descriptor to what @grpc/grpc-js wants: paths and functions over bytes. */
import {
  type DescMessage,
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type Message,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';

/** The two kinds of calls that the mesh's APIs have. */
export type UnaryMethod<I extends DescMessage, O extends DescMessage> = DescMethodUnary<I, O>;
export type StreamMethod<I extends DescMessage, O extends DescMessage> = DescMethodServerStreaming<I, O>;

/** Messages are values: one that was sent once is encoded once, however many streams it goes to. */
const encoded = new WeakMap<Message, Buffer>();

const encode = (schema: DescMessage, message: Message): Buffer => {
  const known = encoded.get(message);
  if (known !== undefined) return known;
  const bytes = toBinary(schema, message);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  encoded.set(message, buffer);
  return buffer;
};

/** @param method unary or server streaming */
export const methodDefinition = <I extends DescMessage, O extends DescMessage>(
  method: DescMethod & { readonly input: I; readonly output: O },
): MethodDefinition<MessageShape<I>, MessageShape<O>> => ({
  path: `/${method.parent.typeName}/${method.name}`,
  requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
  responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
  requestSerialize: (message) => encode(method.input, message),
  requestDeserialize: (bytes) => fromBinary(method.input, bytes),
  responseSerialize: (message) => encode(method.output, message),
  responseDeserialize: (bytes) => fromBinary(method.output, bytes),
});
