/** Amounts of resources as Kubernetes writes them: `100m`, `1.5`, `20Mi`, `1e3`. */
import { expected, type Form, ok } from './forms.ts';

export interface Quantity {
  /** As it was written: what the container gets. */
  readonly text: string;
  /** For comparing; exact enough for that. */
  readonly amount: number;
}

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

export const quantity: Form<Quantity> = (text) => {
  const match = /^(\d{1,18}(?:\.\d{0,9})?|\.\d{1,9})(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?$/.exec(text);
  const factor = match?.[3] === undefined ? factors[match?.[2] ?? ''] : 10 ** Number(match[3]);
  return match === null || factor === undefined
    ? expected('an amount, as in 100m or 0.5 of a processor, 64Mi of memory')
    : ok({ text, amount: Number(match[1]) * factor });
};
