/** Asks destination's gRPC APIs in clear through a forwarded port; its loopback is answered without a certificate. */
import { GrpcClient, RpcError } from '@heddle/api';
import { systemClock } from '@heddle/runtime';
import type { Cluster } from '../cluster/cluster.ts';
import { CommandFailure } from '../cluster/failure.ts';
import { nameOf, namespaceOf } from '../cluster/fields.ts';
import { controlPlanePods } from '../cluster/pods.ts';
import { openTunnel } from '../cluster/tunnel.ts';

/** Ports of destination's processes (DESIGN §2). */
export const apiPorts = { destination: 8086, policy: 8090 } as const;

const timeoutMs = 10_000;

/** Runs `ask` with a client of one of destination's APIs. @throws {CommandFailure} saying what to do */
export const askDestination = async <T>(
  cluster: Cluster,
  port: number,
  ask: (client: GrpcClient) => Promise<T>,
): Promise<T> => {
  const [pod] = await controlPlanePods(cluster, 'destination');
  const target = { namespace: namespaceOf(pod), pod: nameOf(pod), port };
  await using tunnel = await openTunnel(cluster, target);
  const client = new GrpcClient({ address: tunnel.address, security: { kind: 'cleartext' }, clock: systemClock });
  try {
    return await ask(client);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    if (tunnel.failure !== undefined) throw tunnel.failure;
    throw new CommandFailure(failureText(error, `${target.namespace}/${target.pod}:${port}`));
  } finally {
    client.close();
  }
};

const failureText = ({ code, message }: RpcError, where: string): string => {
  if (code === 'not-found' || code === 'invalid-argument') return message;
  const hint =
    code === 'unavailable' || code === 'permission-denied'
      ? '\nif it closes the connection, the value cleartextFromLoopback of the install is false; set it with heddle upgrade --set cleartextFromLoopback=true'
      : '';
  return `${where} answered ${code}: ${message}${hint}`;
};

interface Events<T> {
  readonly onMessage: (message: T) => void;
  readonly onEnd: (error: RpcError | undefined) => void;
}

type Stream<T> = (events: Events<T>) => { cancel(): void };

/**
 * The messages of a stream up to the first for which `isEnough` holds; the stream is ended then.
 * @throws {RpcError} when it ends before, or nothing comes for 10 s
 */
export const firstMessages = async <T>(
  open: Stream<T>,
  isEnough: (message: T) => boolean = () => true,
): Promise<readonly T[]> => {
  const { promise, resolve, reject } = Promise.withResolvers<readonly T[]>();
  const messages: T[] = [];
  const call = open({
    onMessage: (message) => {
      messages.push(message);
      if (isEnough(message)) resolve(messages);
    },
    onEnd: (error) => {
      if (error !== undefined) reject(error);
      else if (messages.length > 0) resolve(messages);
      else reject(new RpcError('unavailable', 'the stream ended without an answer'));
    },
  });
  const timer = systemClock.after(timeoutMs, () =>
    reject(new RpcError('deadline-exceeded', `no answer within ${timeoutMs / 1000} s`)),
  );
  try {
    return await promise;
  } finally {
    timer.cancel();
    call.cancel();
  }
};
