/**
 * Which entries of a Service's EndpointSlices serve a client: those that are ready, on the client's node where the
 * Service wants that, and near it where every entry says for whom it is.
 */
import type { EndpointSlice, Service, Endpoint as SliceEndpoint } from '@heddle/crds/core';

export interface Candidate {
  readonly slice: EndpointSlice;
  readonly endpoint: SliceEndpoint;
  readonly port: number;
}

/** What is known of the client, and which instance it asks for. */
export interface Wanted {
  readonly portName: string;
  readonly instance: string | undefined;
  readonly nodeName: string | undefined;
  readonly zone: string | undefined;
}

export const candidatesFor = (
  slices: readonly EndpointSlice[],
  service: Service,
  wanted: Wanted,
): readonly Candidate[] => {
  const { instance, nodeName, portName } = wanted;
  const isLocalOnly = service.spec.internalTrafficPolicy === 'Local';
  const all: Candidate[] = [];
  for (const slice of slices) {
    for (const port of targetPorts(slice, portName)) {
      for (const endpoint of slice.endpoints) {
        if (instance !== undefined && endpoint.hostname !== instance) continue;
        if (isLocalOnly && (nodeName === undefined || endpoint.nodeName !== nodeName)) continue;
        all.push({ slice, endpoint, port });
      }
    }
  }
  return nearest(available(all, service), wanted);
};

/** A number, also where the Service names the port of its pods: slices have it resolved. */
const targetPorts = (slice: EndpointSlice, name: string): readonly number[] =>
  slice.ports.flatMap((port) =>
    port.name === name && port.protocol === 'TCP' && port.port !== undefined ? [port.port] : [],
  );

/** The ready ones; where nobody is, those that still serve while they end, as Kubernetes' own proxy has it. */
const available = (candidates: readonly Candidate[], { spec }: Service): readonly Candidate[] => {
  const ready = candidates.filter(({ endpoint }) => endpoint.isReady || spec.publishNotReadyAddresses);
  return ready.length > 0 ? ready : candidates.filter(({ endpoint }) => endpoint.isServing && endpoint.isTerminating);
};

/** Topology hints count only when every candidate has them and they leave somebody (wire §3.7); the node's come first. */
const nearest = (candidates: readonly Candidate[], { nodeName, zone }: Wanted): readonly Candidate[] =>
  hinted(candidates, nodeName, ({ endpoint }) => endpoint.forNodes) ??
  hinted(candidates, zone, ({ endpoint }) => endpoint.forZones) ??
  candidates;

const hinted = (
  candidates: readonly Candidate[],
  place: string | undefined,
  hintsOf: (candidate: Candidate) => readonly string[],
): readonly Candidate[] | undefined => {
  if (place === undefined || candidates.some((candidate) => hintsOf(candidate).length === 0)) return undefined;
  const near = candidates.filter((candidate) => hintsOf(candidate).includes(place));
  return near.length > 0 ? near : undefined;
};
