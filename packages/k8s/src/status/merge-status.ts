/**
 * New statuses from old ones: our conditions and our parents' entries replaced, everybody else's kept. A condition's
 * time of transition moves only when it turns.
 */
import { isDeepStrictEqual } from 'node:util';
import { isFields } from '../watch/raw-object.ts';

/** One statement; the catalog's conditions are assignable. */
export interface StatusCondition {
  readonly type: string;
  readonly isTrue: boolean;
  readonly reason: string;
  readonly message: string;
}

/** What a route's controller says of one parent. */
export interface ParentConditions {
  /** As in the route's spec. */
  readonly parentRef: Readonly<Record<string, unknown>>;
  readonly conditions: readonly StatusCondition[];
}

/** The moment of writing, and what was judged. */
export interface StatusStamp {
  readonly wallMs: number;
  /** The generation of the object that the conditions are about. */
  readonly generation: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** `status.conditions` with ours in place of those of our `types`; conditions of other types stay. */
export const withConditions = (
  status: unknown,
  conditions: readonly StatusCondition[],
  types: readonly string[],
  stamp: StatusStamp,
): Fields => {
  const before = listOf(status, 'conditions');
  const others = before.filter(({ type }) => typeof type !== 'string' || !types.includes(type));
  return { ...fieldsOf(status), conditions: [...others, ...conditionsAfter(before, conditions, stamp)] };
};

/**
 * `status.parents` with the entries of `controllerName` replaced by ours; those of other controllers stay, in their
 * order (Gateway API, RouteStatus).
 */
export const withParents = (
  status: unknown,
  parents: readonly ParentConditions[],
  controllerName: string,
  stamp: StatusStamp,
): Fields => {
  const before = listOf(status, 'parents');
  const others = before.filter((parent) => parent['controllerName'] !== controllerName);
  const ours = before.filter((parent) => parent['controllerName'] === controllerName);
  const entries = parents.map(({ parentRef, conditions }) => {
    const earlier = ours.find((parent) => isDeepStrictEqual(parent['parentRef'], parentRef));
    return {
      parentRef,
      controllerName,
      conditions: conditionsAfter(listOf(earlier, 'conditions'), conditions, stamp),
    };
  });
  return { ...fieldsOf(status), parents: [...others, ...entries] };
};

const conditionsAfter = (
  before: readonly Fields[],
  conditions: readonly StatusCondition[],
  { wallMs, generation }: StatusStamp,
): readonly Fields[] =>
  conditions.map(({ type, isTrue, reason, message }) => {
    const status = isTrue ? 'True' : 'False';
    const earlier = before.find((condition) => condition['type'] === type && condition['status'] === status);
    return {
      type,
      status,
      reason,
      message,
      observedGeneration: generation,
      lastTransitionTime: earlier?.['lastTransitionTime'] ?? new Date(wallMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    };
  });

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

const listOf = (value: unknown, field: string): readonly Fields[] => {
  const list = fieldsOf(value)[field];
  return Array.isArray(list) ? list.filter(isFields) : [];
};
