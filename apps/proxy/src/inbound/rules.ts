/**
 * The policy as one connection meets it: reduced once per (policy, client), replaced when the policy changes, so that a
 * request reads a field and decides.
 */
import {
  type ConnectionFacts,
  type ConnectionPolicy,
  decideHttp,
  decideTcp,
  forConnection,
  type Protocol,
  type RateLimiter,
  type RateVerdict,
  type RequestFacts,
  type RuleRef,
  type Verdict,
} from '@heddle/policy';
import type { Unsubscribe } from '@heddle/runtime';
import type { PortPolicy, PortState } from './policy-store.ts';

const unknownServer: RuleRef = { kind: 'default', name: 'invalid' };
/** For a policy that cannot be used, or one not known any more: nobody is let in. */
const invalid: Verdict = { kind: 'deny', reason: 'invalidPolicy', server: unknownServer, route: undefined };

export class ConnectionRules {
  readonly #facts: ConnectionFacts;
  readonly #unsubscribe: Unsubscribe;
  #policy: ConnectionPolicy | undefined;
  #limiter: RateLimiter | undefined;

  /** @param onChange called after each change of the policy, when this object decides by the new one already */
  constructor(port: PortPolicy, facts: ConnectionFacts, onChange: () => void) {
    this.#facts = facts;
    this.#use(port.state.value);
    this.#unsubscribe = port.state.subscribe((state) => {
      this.#use(state);
      onChange();
    });
  }

  get protocol(): Protocol['kind'] | undefined {
    return this.#policy?.compiled.policy.protocol.kind;
  }

  get server(): RuleRef {
    return this.#policy?.compiled.policy.server ?? unknownServer;
  }

  http(request: RequestFacts): Verdict {
    return this.#policy === undefined ? invalid : decideHttp(this.#policy, request);
  }

  /** For bytes that are not HTTP, or could not be recognised in time. */
  tcp(): Verdict {
    return this.#policy === undefined ? invalid : decideTcp(this.#policy);
  }

  close(): void {
    this.#unsubscribe();
  }

  /** Counts a request against the port's rate limits. @param identity empty for a client without one */
  rate(identity: string, nowMs: number): RateVerdict {
    return this.#limiter?.check(identity === '' ? undefined : identity, nowMs) ?? pass;
  }

  #use(state: PortState): void {
    const isKnown = state.kind === 'known';
    this.#policy = isKnown ? forConnection(state.compiled, this.#facts) : undefined;
    this.#limiter = isKnown ? state.limiter : undefined;
  }
}

const pass: RateVerdict = { kind: 'pass' };
