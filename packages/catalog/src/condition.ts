/** One statement about a resource, as Kubernetes conditions make it. */
export interface Condition {
  readonly type: string;
  readonly isTrue: boolean;
  readonly reason: string;
  /** Empty when there is nothing to mend. */
  readonly message: string;
}

/** Whether a condition tells of something to mend. `PartiallyInvalid` is the one whose truth is bad news. */
export const isTrouble = ({ type, isTrue }: Condition): boolean => isTrue === (type === 'PartiallyInvalid');

export const holds = (type: string, reason = type): Condition => ({ type, isTrue: true, reason, message: '' });

export const fails = (type: string, reason: string, message: string): Condition => ({
  type,
  isTrue: false,
  reason,
  message,
});
