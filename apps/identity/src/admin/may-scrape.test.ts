import { orThrow, parseNetwork } from '@heddle/names';
import { expect, test } from 'vitest';
import { mayScrape } from './may-scrape.ts';

const networks = ['10.0.0.0/8', 'fd00::/16'].map((text) => orThrow(parseNetwork(text)));

test.each([
  ['10.1.2.3', true],
  ['fd00::1', true],
  ['11.0.0.1', false],
  ['', false],
])('%s: %s', (address, expected) => {
  expect(mayScrape(networks, { address })).toBe(expected);
  expect(mayScrape([], { address })).toBe(false);
});
