/** `heddle diagnostics profile`: what `Destination.GetProfile` answers. */
import { createMessage, destinationApi, profileFromProto } from '@heddle/api';
import type { Cluster } from '../cluster/cluster.ts';
import { CommandFailure } from '../cluster/failure.ts';
import { exitCodes, type Output } from '../output.ts';
import { apiPorts, askDestination, firstMessages } from './ask.ts';
import { readableJson } from './readable-json.ts';

export const showProfile = async (cluster: Cluster, target: string, output: Output): Promise<number> => {
  const [message] = await askDestination(cluster, apiPorts.destination, (client) => {
    const request = createMessage(destinationApi.GetDestinationSchema, { scheme: 'k8s', path: target });
    return firstMessages<destinationApi.DestinationProfile>((events) =>
      client.stream(destinationApi.Destination.method.getProfile, request, events),
    );
  });
  if (message === undefined) throw new CommandFailure(`destination says nothing of ${target}`);
  const profile = profileFromProto(message);
  if (profile.kind === 'invalid') throw new CommandFailure(`destination's answer for ${target}: ${profile.reason}`);
  output.out(readableJson(profile.value));
  return exitCodes.ok;
};
