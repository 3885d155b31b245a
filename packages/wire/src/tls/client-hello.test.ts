import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxClientHelloBytes, readClientHello } from './client-hello.ts';
import { alpn, extension, handshake, recordClientHello, records, serverName, uint16, vector } from './testing.ts';

const identity = 'books.booksapp.serviceaccount.identity.linkerd.cluster.local';
const verdictOf = (bytes: Buffer): string => {
  const result = readClientHello(bytes);
  return result.kind === 'malformed' ? `malformed: ${result.reason}` : result.kind;
};

/** Every proper prefix needs more, and what follows the hello changes nothing. */
const expectStable = (bytes: Buffer): void => {
  const whole = readClientHello(bytes);
  expect(readClientHello(Buffer.concat([bytes, Buffer.from('\x16\x03\x01 more')]))).toEqual(whole);
  const decided: number[] = [];
  for (let length = 0; length < bytes.length; length++) {
    if (readClientHello(bytes.subarray(0, length)).kind !== 'needMore') decided.push(length);
  }
  expect(decided).toEqual([]);
};

describe('hellos of a real client', () => {
  test.each([
    ['TLS 1.3 with a hybrid key share', { servername: identity, minVersion: 'TLSv1.3' }, identity, []],
    ['TLS 1.2', { servername: 'a.example', maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' }, 'a.example', []],
    [
      'ALPN',
      { servername: identity, ALPNProtocols: ['transport.l5d.io/v1', 'h2'] },
      identity,
      ['transport.l5d.io/v1', 'h2'],
    ],
    ['upper case', { servername: 'Web.Example' }, 'web.example', []],
    ['no server name', { servername: '', ALPNProtocols: ['h2'] }, undefined, ['h2']],
  ] as const)('%s', async (_, options, sni, protocols) => {
    const { ALPNProtocols, ...rest } = { ALPNProtocols: [], ...options };
    const bytes = await recordClientHello({ ...rest, ALPNProtocols: [...ALPNProtocols] });
    expect(readClientHello(bytes)).toEqual({ kind: 'clientHello', sni, alpn: protocols });
    expectStable(bytes);
  });

  test('a hybrid hello is larger than a common segment', async () => {
    const bytes = await recordClientHello({ servername: identity, ecdhCurve: 'X25519MLKEM768:X25519' });
    expect(bytes.length).toBeGreaterThan(1300);
  });

  test('in records of any size up to the bound', async () => {
    const bytes = await recordClientHello({ servername: identity });
    for (const size of [1, 3, 5, 100, 1000]) {
      const fragmented = records(bytes.subarray(5), size);
      if (fragmented.length > maxClientHelloBytes) {
        expect(verdictOf(fragmented)).toBe('malformed: hello too large');
      } else {
        expect(readClientHello(fragmented)).toEqual(readClientHello(bytes));
        expectStable(fragmented);
      }
    }
  });
});

test.each([
  ['HTTP/1', Buffer.from('GET / HTTP/1.1\r\n'), 'notTls'],
  ['an HTTP/2 preface', Buffer.from('PRI * HTTP/2.0\r\n'), 'notTls'],
  ['another record type', Buffer.from([23, 3, 3, 0, 5]), 'notTls'],
  ['SSL 2', Buffer.from([0x80, 0x2e, 1, 3, 1]), 'notTls'],
  ['another major version', Buffer.from([22, 2, 1, 0, 5]), 'notTls'],
  ['an empty record', Buffer.from([22, 3, 1, 0, 0]), 'malformed: record length'],
  ['a record larger than records are', Buffer.from([22, 3, 1, 0x40, 1]), 'malformed: record length'],
  ['a record larger than we look at', Buffer.from([22, 3, 1, 0x20, 0]), 'malformed: hello too large'],
  ['a ServerHello', records(Buffer.from([2, 0, 0, 1, 0])), 'malformed: handshake type'],
  [
    'an alert amid the hello',
    Buffer.concat([records(handshake().subarray(0, 9)), Buffer.from([21])]),
    'malformed: record type',
  ],
  [
    'two messages in a record',
    records(Buffer.concat([handshake(), Buffer.from([1])])),
    'malformed: octets after the hello in its record',
  ],
  ['a body cut short', records(Buffer.from([1, 0, 0, 2, 3, 3])), 'malformed: hello'],
  [
    'octets after the extensions',
    records(Buffer.concat([Buffer.from([1]), vector(3, handshake().subarray(4), Buffer.from([0]))])),
    'malformed: extensions',
  ],
  [
    'a repeated extension',
    records(handshake(extension(10, uint16(0)), extension(10, uint16(0)))),
    'malformed: repeated extension',
  ],
  ['an extension cut short', records(handshake(Buffer.from([0, 0, 0, 9, 1]))), 'malformed: extension'],
  ['a server name with NUL', records(handshake(serverName('a\0.example'))), 'malformed: server name'],
  ['a server name that is not ASCII', records(handshake(serverName('b\xfccher.example'))), 'malformed: server name'],
  ['an empty server name', records(handshake(serverName(''))), 'malformed: server name'],
  [
    'two server names',
    records(
      handshake(
        extension(
          0,
          vector(2, Buffer.from([0]), vector(2, Buffer.from('a')), Buffer.from([0]), vector(2, Buffer.from('b'))),
        ),
      ),
    ),
    'malformed: server name',
  ],
  [
    'a server name of another type',
    records(handshake(extension(0, vector(2, Buffer.from([1]), vector(2, Buffer.from('a')))))),
    'malformed: server name',
  ],
  ['an empty ALPN name', records(handshake(alpn('h2', ''))), 'malformed: ALPN'],
  ['an empty ALPN list', records(handshake(alpn())), 'malformed: ALPN'],
] as const)('%s', (_, bytes, verdict) => {
  expect(verdictOf(bytes)).toBe(verdict);
});

test('every proper prefix of a hand-made hello needs more, in any records', () => {
  const names = fc.stringMatching(/^[!-~]{1,40}$/);
  fc.assert(
    fc.property(
      names,
      fc.array(names, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 5, max: 300 }),
      (sni, protocols, size) => {
        const bytes = records(handshake(extension(43, Buffer.alloc(3)), serverName(sni), alpn(...protocols)), size);
        expect(readClientHello(bytes)).toEqual({ kind: 'clientHello', sni: sni.toLowerCase(), alpn: protocols });
        expectStable(bytes);
      },
    ),
    { numRuns: 30 },
  );
});

test('no octets make it throw, and a verdict once given stays', () => {
  const hello = records(handshake(serverName('a.example'), alpn('h2')), 40);
  const edits = fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(edits, (changes) => {
      const bytes = Buffer.from(hello);
      for (const [at, octet] of changes) bytes[at] = octet;
      let decided: ReturnType<typeof readClientHello> | undefined;
      for (let length = 0; length <= bytes.length; length++) {
        const result = readClientHello(bytes.subarray(0, length));
        if (decided !== undefined) expect(result).toEqual(decided);
        else if (result.kind !== 'needMore') decided = result;
      }
    }),
    { numRuns: 200 },
  );
});
