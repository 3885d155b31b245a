/**
 * What is asked of a text before it is parsed as JSON: that nesting is bounded, since whoever walks the value later may
 * do so by recursion.
 */

const quote = 0x22;
const backslash = 0x5c;

/** Whether brackets nest deeper than `maxDepth`. Looks at bytes only: a text that is no JSON may pass, and fail later. */
export const isNestedDeeper = (json: Uint8Array, maxDepth: number): boolean => {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index];
    if (isInString) {
      if (byte === backslash) index += 1;
      else if (byte === quote) isInString = false;
    } else if (byte === quote) {
      isInString = true;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
    }
  }
  return false;
};
