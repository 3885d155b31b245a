/** What is told of an object, before it is an event. */

/** The names under which monitoring knows them (features §2.1, §2.3); `InjectionRefused` is ours. */
export type EventReason =
  | 'IssuerUpdated'
  | 'IssuerUpdateSkipped'
  | 'IssuerValidationFailed'
  | 'IssuedLeafCertificate'
  | 'Injected'
  | 'InjectionSkipped'
  | 'InjectionRefused';

export interface EventReport {
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    /** Empty for a cluster-scoped object. */
    readonly namespace: string;
    readonly name: string;
    /** Without it, `kubectl describe` does not show the event; `kubectl events` does. */
    readonly uid?: string;
  };
  readonly type: 'Normal' | 'Warning';
  readonly reason: EventReason;
  /** What was being done, one word: `Rotate`. */
  readonly action: string;
  /** A sentence for people. Reports that differ in nothing become one event with a count. */
  readonly note: string;
}

/** Equal for reports that say the same of the same object. */
export const keyOfReport = ({ regarding, type, reason, action, note }: EventReport): string =>
  JSON.stringify([regarding.kind, regarding.namespace, regarding.name, regarding.uid, type, reason, action, note]);
