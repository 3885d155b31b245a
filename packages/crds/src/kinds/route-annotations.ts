/** Retry and timeout annotations on routes of a Service or an EgressNetwork (features §2.7). */
import { parseDuration } from '@heddle/names';
import type { ReadContext } from '../definition.ts';
import { nearest } from '../nearest.ts';
import { quote } from '../problem.ts';
import type { ParentRef } from './route.ts';

/** Says what is wrong with a value, if anything. */
type ValueCheck = (value: string) => string | undefined;

const duration: ValueCheck = (value) => {
  const parsed = parseDuration(value);
  return parsed.kind === 'ok' ? undefined : parsed.message;
};

const statusRange = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/;

const httpConditions: ValueCheck = (value) => {
  for (const condition of value.split(',').map((part) => part.trim())) {
    const [range, from, to = from] = statusRange.exec(condition) ?? [];
    const isOrdered = range !== undefined && Number(from) <= Number(to);
    if (condition !== '5xx' && condition !== 'gateway-error' && !isOrdered) {
      return `${quote(condition)} is not a condition for a retry; use 5xx, gateway-error, a status, or a range such as 502-504`;
    }
  }
  return undefined;
};

const grpcStatuses = ['cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable'];

const grpcConditions: ValueCheck = (value) => {
  const unknown = value
    .split(',')
    .map((part) => part.trim())
    .find((status) => !grpcStatuses.includes(status));
  return unknown === undefined
    ? undefined
    : `${quote(unknown)} is not a gRPC status for a retry; use ${grpcStatuses.join(', ')}`;
};

const limit: ValueCheck = (value) =>
  /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65535
    ? undefined
    : `${quote(value)} is not a number of retries; use a whole number from 1`;

const checks: Readonly<Record<string, ValueCheck>> = {
  'retry.linkerd.io/http': httpConditions,
  'retry.linkerd.io/grpc': grpcConditions,
  'retry.linkerd.io/limit': limit,
  'retry.linkerd.io/timeout': duration,
  'timeout.linkerd.io/request': duration,
  'timeout.linkerd.io/response': duration,
  'timeout.linkerd.io/idle': duration,
};

/** Checks the annotations of a route that has an outbound parent; elsewhere they mean nothing. */
export const checkRouteAnnotations = (parents: readonly ParentRef[], context: ReadContext): void => {
  if (!parents.some(({ kind }) => kind === 'Service' || kind === 'EgressNetwork')) return;
  for (const [key, value] of Object.entries(context.metadata.annotations)) {
    const path = ['metadata', 'annotations', key];
    const check = Object.hasOwn(checks, key) ? checks[key] : undefined;
    if (check !== undefined) {
      const trouble = check(value);
      if (trouble !== undefined) context.fail(path, trouble);
    } else if (/^(retry|timeout)\.linkerd\.io\//.test(key)) {
      const meant = nearest(key, Object.keys(checks));
      context.warn(path, `is not an annotation the mesh knows${meant === undefined ? '' : `; did you mean ${meant}?`}`);
    }
  }
};
