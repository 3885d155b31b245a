/**
 * The request that was decided on. An open exchange is decided again when the policy changes, and by then its head is
 * what the application got: filters have changed it and the client's id has been added. What the mesh adds is left out
 * when it is read again, so that only a request that a filter changes is worth a copy.
 */
import type { Permit, RequestFacts } from '@heddle/policy';
import { HeaderList } from '@heddle/wire';
import type { RequestHead } from '../http/head.ts';
import { isMeshHeader } from '../http/mesh-headers.ts';

/** What the filters of a match are about to change; undefined when they leave the request as it is. */
export const keptBeforeFilters = ({ filters }: Permit, request: RequestHead): RequestFacts | undefined =>
  filters.some(({ kind }) => kind === 'requestHeaders') ? copyOf(request) : undefined;

/** The request without what the mesh added after deciding; it had no mesh headers then. */
export const withoutMeshHeaders = (request: RequestHead): RequestFacts => ({
  method: request.method,
  target: request.target,
  authority: request.authority,
  someHeader: (name, visit) => !isMeshHeader(name) && request.someHeader(name, visit),
});

const copyOf = ({ method, target, authority, contentLength, headers }: RequestHead): RequestFacts => {
  const kept = new HeaderList();
  kept.copyFrom(headers);
  // Framing is in fields of the head, where policy finds it under its names (`RequestHead.someHeader`).
  if (authority !== '') kept.append('host', authority);
  if (contentLength >= 0) kept.append('content-length', String(contentLength));
  return { method, target, authority, someHeader: (name, visit) => kept.some(name, visit) };
};
