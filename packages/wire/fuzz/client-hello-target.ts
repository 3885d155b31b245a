/** ClientHellos, in one record and in several. */
import { readClientHello } from '../src/tls/client-hello.ts';
import { alpn, extension, handshake, records, serverName } from '../src/tls/testing.ts';
import { firstVerdict } from './prefix-run.ts';
import type { FuzzTarget } from './target.ts';

const hello = handshake(
  serverName('web.shop.serviceaccount.identity.linkerd.cluster.local'),
  extension(43, Buffer.from([2, 3, 4])),
  alpn('transport.l5d.io/v1', 'h2'),
);

export const clientHelloTarget: FuzzTarget = {
  name: 'client-hello',
  seeds: [
    records(hello),
    records(hello, 60),
    records(hello, 7),
    records(handshake()),
    records(handshake(serverName('a'), extension(51, Buffer.alloc(1200, 7)))),
  ],
  dictionary: ['\x16\x03\x01', '\x01\x00\x00', '\x00\x10\x00', '\x00\x00\x00', '\x02h2', '\x00\x01a', '\xff\xff'],
  run: (bytes, cuts) => JSON.stringify(firstVerdict(bytes, cuts, readClientHello)),
  features: (outcome) => {
    const { kind, reason, sni, alpn } = JSON.parse(outcome) as Record<string, unknown>;
    const names = Array.isArray(alpn) ? alpn.length : -1;
    return [[kind, reason, typeof sni === 'string' ? Math.ceil(Math.log2(sni.length)) : 'none', names].join()];
  },
};
