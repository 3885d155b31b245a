/**
 * What identity tells a cluster by events (features §2.3): of the issuer on its own Deployment, of certificates on the
 * ServiceAccounts that they are for. Certificates of one ServiceAccount within a while are one event with a count.
 */
import { hostname } from 'node:os';
import { ApiError, EventRecorder, type EventReport, type KubernetesApi, objectPath } from '@heddle/k8s';
import type { Clock } from '@heddle/runtime';
import type { CertifyOutcome } from '../certify/certify.ts';
import type { IssuerOutcome } from '../issuer/issuer-source.ts';

export interface IdentityEventsOptions {
  readonly api: Pick<KubernetesApi, 'call'>;
  /** Of the control plane. */
  readonly namespace: string;
  readonly clock: Clock;
  /** An event could not be written. */
  readonly onError: (error: ApiError) => void;
}

const deployments = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments' } as const;
const ownDeployment = 'linkerd-identity';

const issuerEvents = {
  updated: { type: 'Normal', reason: 'IssuerUpdated' },
  skipped: { type: 'Warning', reason: 'IssuerUpdateSkipped' },
  'validation-failed': { type: 'Warning', reason: 'IssuerValidationFailed' },
} as const satisfies Record<string, Pick<EventReport, 'type' | 'reason'>>;

export class IdentityEvents {
  readonly #options: IdentityEventsOptions;
  readonly #recorder: EventRecorder;
  #deploymentUid: string | undefined;

  constructor(options: IdentityEventsOptions) {
    this.#options = options;
    const { api, clock, onError } = options;
    this.#recorder = new EventRecorder({
      api,
      controller: 'linkerd.io/identity',
      instance: hostname(),
      clock,
      onError,
    });
  }

  /** The issuer that a process begins with is no news. */
  async issuer({ kind, note }: IssuerOutcome): Promise<void> {
    if (kind === 'loaded') return;
    const uid = await this.#uidOfDeployment();
    this.#recorder.record({
      regarding: {
        apiVersion: 'apps/v1',
        kind: deployments.kind,
        namespace: this.#options.namespace,
        name: ownDeployment,
        ...(uid !== undefined && { uid }),
      },
      ...issuerEvents[kind],
      action: 'Rotate',
      note,
    });
  }

  issued({ identity, account, accountUid }: Extract<CertifyOutcome, { kind: 'issued' }>): void {
    this.#recorder.record({
      regarding: {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        namespace: account.namespace,
        name: account.name,
        ...(accountUid !== undefined && { uid: accountUid }),
      },
      type: 'Normal',
      reason: 'IssuedLeafCertificate',
      action: 'Certify',
      // The same for every certificate of the account, so that they are counted rather than listed; the log has each.
      note: `issued a certificate for ${identity}`,
    });
  }

  close(): Promise<void> {
    return this.#recorder.close();
  }

  /** An event without it is an event all the same. */
  async #uidOfDeployment(): Promise<string | undefined> {
    if (this.#deploymentUid !== undefined) return this.#deploymentUid;
    try {
      const path = objectPath(deployments, this.#options.namespace, ownDeployment);
      const { metadata } = (await this.#options.api.call({ path })) as {
        readonly metadata?: { readonly uid?: unknown };
      };
      this.#deploymentUid = typeof metadata?.uid === 'string' ? metadata.uid : undefined;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
    return this.#deploymentUid;
  }
}
