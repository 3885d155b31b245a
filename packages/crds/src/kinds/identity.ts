/** Identities as policies write them: `*`, `*.suffix`, an exact DNS-like name, or a SPIFFE URI. */
import { parseIdentityPattern } from '@heddle/names';
import type { ReadContext } from '../definition.ts';
import { type ProblemPath, quote } from '../problem.ts';

/** Reports a pattern that is neither DNS-like nor SPIFFE (features §2.6), and warns of one that no workload can have. */
export const checkIdentity = (
  pattern: string,
  path: ProblemPath,
  context: Pick<ReadContext, 'fail' | 'warn'>,
): void => {
  const parsed = parseIdentityPattern(pattern);
  if (parsed.kind === 'ok') return;
  if (parseIdentityPattern(pattern.toLowerCase()).kind === 'ok') {
    context.warn(path, `${quote(pattern)} has upper-case letters, which no identity has: it matches nobody`);
  } else context.fail(path, parsed.message);
};
