/** `heddle diagnostics endpoints`: what `Destination.Get` answers. */
import { createMessage, destinationApi, endpointUpdateFromProto } from '@heddle/api';
import type { Endpoint } from '@heddle/catalog';
import { formatSocketAddress } from '@heddle/names';
import type { Cluster } from '../cluster/cluster.ts';
import { CommandFailure } from '../cluster/failure.ts';
import { formatTable } from '../local/table.ts';
import { exitCodes, type Output } from '../output.ts';
import { apiPorts, askDestination, firstMessages } from './ask.ts';

interface Found {
  readonly authority: string;
  readonly service: string;
  readonly namespace: string;
  readonly endpoints: readonly Endpoint[];
}

/** Exit code 1 when a Service has no endpoints. */
export const showEndpoints = async (
  cluster: Cluster,
  authorities: readonly string[],
  form: 'text' | 'json',
  output: Output,
): Promise<number> => {
  const found = await askDestination(cluster, apiPorts.destination, async (client) => {
    const answers: Found[] = [];
    for (const authority of authorities) {
      const request = createMessage(destinationApi.GetDestinationSchema, { scheme: 'k8s', path: authority });
      const updates = await firstMessages<destinationApi.Update>((events) =>
        client.stream(destinationApi.Destination.method.get, request, events),
      );
      answers.push(updates.map((update) => foundIn(authority, update)).at(-1) ?? nothing(authority));
    }
    return answers;
  });
  output.out(form === 'json' ? jsonOf(found) : textOf(found));
  for (const { authority, endpoints } of found) {
    if (endpoints.length === 0) {
      output.error(
        `${authority} has no endpoints: are pods of its selector ready, and is the port one of the Service's?\n`,
      );
    }
  }
  return found.every(({ endpoints }) => endpoints.length > 0) ? exitCodes.ok : exitCodes.failed;
};

const nothing = (authority: string): Found => ({ authority, service: '', namespace: '', endpoints: [] });

const foundIn = (authority: string, message: destinationApi.Update): Found => {
  const update = endpointUpdateFromProto(message);
  if (update.kind === 'invalid') throw new CommandFailure(`destination's answer for ${authority}: ${update.reason}`);
  if (update.value.kind !== 'add') return nothing(authority);
  const { labels, endpoints } = update.value;
  return { authority, service: labels['service'] ?? '', namespace: labels['namespace'] ?? '', endpoints };
};

const textOf = (found: readonly Found[]): string => {
  const rows = found.flatMap(({ service, namespace, endpoints }) =>
    endpoints.map(({ address, labels, tls, hint }) => [
      namespace,
      service,
      formatSocketAddress(address.ip, address.port),
      labels['pod'] ?? '',
      tls?.identity.name ?? '(not meshed)',
      hint?.protocol ?? '',
    ]),
  );
  return rows.length === 0
    ? ''
    : `${formatTable(['NAMESPACE', 'SERVICE', 'ADDRESS', 'POD', 'IDENTITY', 'PROTOCOL'], rows)}\n`;
};

const jsonOf = (found: readonly Found[]): string => {
  const answer = found.map(({ authority, service, namespace, endpoints }) => ({
    authority,
    service,
    namespace,
    endpoints: endpoints.map(({ address, weight, labels, tls, hint }) => ({
      address: formatSocketAddress(address.ip, address.port),
      weight,
      identity: tls?.identity.name,
      protocol: hint?.protocol,
      labels,
    })),
  }));
  return `${JSON.stringify(answer, undefined, 2)}\n`;
};
