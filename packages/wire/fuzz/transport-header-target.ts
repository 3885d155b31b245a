/** Transport headers. What is accepted must survive being encoded and decoded again. */
import {
  decodeTransportHeader,
  encodeTransportHeader,
  type TransportHeader,
} from '../src/transport-header/transport-header.ts';
import { firstVerdict } from './prefix-run.ts';
import type { FuzzTarget } from './target.ts';

const headers: TransportHeader[] = [
  { port: 80, name: undefined, sessionProtocol: undefined },
  { port: 7001, name: undefined, sessionProtocol: 'http1' },
  { port: 65_535, name: 'web.shop.svc.cluster.local', sessionProtocol: 'http2' },
];

export const transportHeaderTarget: FuzzTarget = {
  name: 'transport-header',
  seeds: headers.map((header) => Buffer.concat([encodeTransportHeader(header), Buffer.from('GET /')])),
  dictionary: [
    '\x08\x50',
    '\x12\x01a',
    '\x1a\x02\x0a\x00',
    '\x1a\x02\x12\x00',
    '\x25aaaa',
    '\x29aaaaaaaa',
    '\x00\x00\x00\x08',
  ],
  run: (bytes, cuts) => {
    const verdict = firstVerdict(bytes, cuts, decodeTransportHeader);
    if (verdict.kind === 'header') {
      const again = decodeTransportHeader(encodeTransportHeader(verdict.header));
      const isSame = again.kind === 'header' && JSON.stringify(again.header) === JSON.stringify(verdict.header);
      if (!isSame) throw new Error(`a header changed: ${JSON.stringify([verdict, again])}`);
    }
    return JSON.stringify(verdict);
  },
  features: (outcome) => {
    const { kind, reason, header, bytesRead } = JSON.parse(outcome) as Record<string, unknown>;
    const known = header === undefined ? '' : Object.keys(header as object).join();
    return [[kind, reason, known, Number(bytesRead ?? 0) >> 2].join(' ')];
  },
};
