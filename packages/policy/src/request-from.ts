/** A request as data, for tools and tests that have no exchange. */
import type { RequestFacts } from './model.ts';

export interface RequestData {
  /** `GET` unless given. */
  readonly method?: string | undefined;
  /** `/` unless given. */
  readonly target?: string | undefined;
  /** Absent unless given. */
  readonly authority?: string | undefined;
  /** Names and values in order; names in any case. */
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
}

export const requestFrom = ({
  method = 'GET',
  target = '/',
  authority = '',
  headers = [],
}: RequestData): RequestFacts => ({
  method,
  target,
  authority,
  someHeader: (name, visit) => headers.some(([sent, value]) => sent.toLowerCase() === name && visit(value)),
});
