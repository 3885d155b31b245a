/** Equality of policies, so that an update that changes nothing disturbs nobody (wire section 8.2). */
import type { InboundPolicy } from './model.ts';

/** Whether two policies say the same, rule for rule and in the same order. A field that is absent equals undefined. */
export const samePolicy = (a: InboundPolicy, b: InboundPolicy): boolean => sameValue(a, b);

/** Models are plain data without cycles, so equality is structural. */
const sameValue = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => sameValue(item, b[at]))
    );
  }
  const left = definedFields(a);
  const right = new Map(definedFields(b));
  return left.length === right.size && left.every(([key, value]) => right.has(key) && sameValue(value, right.get(key)));
};

const definedFields = (value: object): [string, unknown][] =>
  Object.entries(value).filter(([, field]) => field !== undefined);
