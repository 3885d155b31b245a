/** One inbound connection under policy: its client, its rules, its cells. Shared by all exchanges of the connection. */
import type { Exchange } from '../http/exchange.ts';
import { InboundRecord } from '../http/record.ts';
import type { InboundClient } from './client.ts';
import type { InboundDeps } from './deps.ts';
import type { PortPolicy } from './policy-store.ts';
import { ConnectionRules } from './rules.ts';
import { InboundCells } from './verdict-cells.ts';

export class InboundConnection {
  readonly client: InboundClient;
  readonly deps: InboundDeps;
  readonly rules: ConnectionRules;
  readonly cells: InboundCells;
  /** Set by whoever serves the connection: what to do when the policy has changed. */
  onPolicyChange: () => void = () => {};

  constructor(deps: InboundDeps, client: InboundClient, port: PortPolicy) {
    this.deps = deps;
    this.client = client;
    this.cells = new InboundCells(deps.metrics, client);
    this.rules = new ConnectionRules(port, client.facts, () => {
      this.cells.forgetVerdicts();
      this.onPolicyChange();
    });
  }

  get random(): () => number {
    return this.deps.random;
  }

  /** What is remembered of an exchange; made once per slot. */
  readonly record = (exchange: Exchange): InboundRecord => (exchange.inbound ??= new InboundRecord());

  close(): void {
    this.rules.close();
    this.cells.end(this.deps.clock.nowMs());
  }
}
