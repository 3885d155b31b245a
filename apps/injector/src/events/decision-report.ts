/** What is told of a decision to those who look at the workload: an event about the owner (features §2.1). */
import type { EventReport } from '@heddle/k8s';
import type { PodDecision } from '../admission/admit.ts';
import { formatSkipReasons } from '../inject/skip-reasons.ts';

/**
 * Undefined where there is nobody to tell it of: a pod of its own does not exist yet, and a dry run leaves nothing
 * behind.
 */
export const reportOf = ({ namespace, owner, outcome, isDryRun }: PodDecision): EventReport | undefined => {
  if (owner === undefined || isDryRun) return undefined;
  const { kind, name, apiVersion = '', uid = '' } = owner;
  const regarding = { apiVersion, kind, namespace, name, ...(uid !== '' && { uid }) };
  const action = 'Inject';
  switch (outcome.kind) {
    case 'inject':
      return {
        regarding,
        type: 'Normal',
        reason: 'Injected',
        action,
        // Whoever made the owner does not see what kubectl shows of a pod.
        note: ['proxy injected', ...outcome.warnings].join('; '),
      };
    case 'skip':
      return {
        regarding,
        type: 'Normal',
        reason: 'InjectionSkipped',
        action,
        note: `proxy injection skipped: ${formatSkipReasons(outcome.reasons)}`,
      };
    case 'refuse':
      return { regarding, type: 'Warning', reason: 'InjectionRefused', action, note: outcome.message };
  }
};
