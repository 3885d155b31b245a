/** A pipeline is a list of layers, read from top to bottom; each lets the exchange go on or refuses it. */
import type { Exchange } from './exchange.ts';
import type { Refusal } from './refusal.ts';

export type Layer = (exchange: Exchange) => Refusal | undefined;

/** Runs layers in order until one refuses. */
export const runLayers = (layers: readonly Layer[], exchange: Exchange): Refusal | undefined => {
  for (const layer of layers) {
    const refused = layer(exchange);
    if (refused !== undefined) return refused;
  }
  return undefined;
};
