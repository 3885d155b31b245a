/** HTTP/1 requests and responses. What is accepted must also survive being encoded and decoded again. */
import { readFileSync } from 'node:fs';
import { HeaderList } from '../src/header-list.ts';
import { encodeRequestHead, encodeResponseHead } from '../src/http1/encode.ts';
import { RequestDecoder } from '../src/http1/request-decoder.ts';
import { ResponseDecoder } from '../src/http1/response-decoder.ts';
import { type Finding, findings } from '../src/http1/testing.ts';
import { boundedLog, cutAt, type FuzzTarget } from './target.ts';

const corpus = JSON.parse(
  readFileSync(new URL('../src/http1/testdata/requests.json', import.meta.url), 'utf8'),
) as readonly { readonly input: string }[];

const dictionary = [
  '\r\n',
  '\r\n\r\n',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  ';a="b"',
  'Host: a\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
  'Connection: keep-alive\r\n',
  'Connection: upgrade\r\nUpgrade: x\r\n',
  'Expect: 100-continue\r\n',
  'CONNECT a:1 HTTP/1.1\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST /x HTTP/1.0\r\n',
  'http://a/',
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n',
  'X: y\r\n',
  ' \t',
];

/** Small limits, so that small inputs reach them. */
const limits = {
  maxHeadBytes: 1024,
  maxStartLineBytes: 256,
  maxHeaderCount: 24,
  maxChunkLineBytes: 24,
  maxChunkExtensionBytes: 48,
  maxTrailerBytes: 96,
  maxTrailerCount: 3,
};

const describe = (bytes: Buffer, found: readonly Finding[]): string => {
  const log = boundedLog(bytes);
  for (const finding of found) log.add(JSON.stringify(finding));
  return log.lines.join('\n');
};

/** Kinds of findings in a row, and the facts of heads that steer the decoder. */
const features = (outcome: string): string[] => {
  const all: string[] = [];
  let previous = '';
  for (const line of outcome.split('\n')) {
    const finding = line === '' ? { event: 'nothing' } : (JSON.parse(line) as Finding);
    let feature: string = finding.event;
    if ('code' in finding) feature += finding.code;
    if ('fields' in finding) feature += finding.fields.length;
    if ('data' in finding) feature += Math.ceil(Math.log2(finding.data.length));
    if ('head' in finding) {
      const { bodyLength, minorVersion, isKeepAlive, upgrade, targetForm, status, nominated } = finding.head;
      feature += [
        Math.min(Number(bodyLength), 1),
        minorVersion,
        isKeepAlive,
        upgrade !== '',
        targetForm,
        statusClass(status),
      ].join();
      all.push(
        `fields ${(finding.head['headers'] as unknown[]).length}`,
        `nominated ${(nominated as unknown[]).length}`,
      );
    }
    all.push(`${previous} > ${feature}`);
    previous = finding.event;
  }
  return all;
};

/** Statuses that frame differently stand alone, the others for their hundred. */
const statusClass = (status: unknown): unknown =>
  status === 101 || status === 204 || status === 304 ? status : Math.floor(Number(status) / 100);

const isFraming = (name: string): boolean => name === 'content-length' || name === 'transfer-encoding';
const slab = Buffer.alloc(8192);

/** Encodes an accepted head again and decodes the result: the head must be the same but for how framing is written. */
const checkRoundTrip = (finding: Finding, decodeAgain: (bytes: Buffer) => Finding | undefined): void => {
  if (!('head' in finding)) return;
  const head = finding.head;
  const fields = head['headers'] as [string, string][];
  const list = HeaderList.from(fields);
  const [minor, length] = [Number(head['minorVersion']), Number(head['bodyLength'])];
  const end =
    'method' in head
      ? encodeRequestHead(slab, 0, String(head['method']), String(head['target']), minor, list, length)
      : encodeResponseHead(slab, 0, Number(head['status']), String(head['reason']), minor, list, length);
  if (end < 0) throw new Error(`an accepted head cannot be encoded: ${end}`);
  const again = decodeAgain(Buffer.from(slab.subarray(0, end)));
  if (again === undefined || !('head' in again))
    throw new Error(`an encoded head is refused: ${JSON.stringify(again)}`);
  const essence = (value: Readonly<Record<string, unknown>>): string => {
    const plain = (value['headers'] as [string, string][]).filter(([name]) => !isFraming(name));
    return JSON.stringify({ ...value, headers: plain, contentLength: 0 });
  };
  if (essence(again.head) !== essence(head)) throw new Error(`a head changed: ${essence(head)} ${essence(again.head)}`);
};

export const http1RequestTarget: FuzzTarget = {
  name: 'http1-request',
  seeds: corpus.map((row) => Buffer.from(row.input, 'latin1')),
  dictionary,
  features,
  run: (bytes, cuts) => {
    const found = findings(new RequestDecoder(limits), cutAt(bytes, cuts));
    for (const finding of found) checkRoundTrip(finding, (encoded) => findings(new RequestDecoder(), [encoded])[0]);
    return describe(bytes, found);
  },
};

const responses = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nhi\r\n0\r\nX: y\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 E\r\nl: x\r\n\r\nHTTP/1.1 204 \r\n\r\n',
  'HTTP/1.0 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nuntil close',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n',
  'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\ntunnel',
  'HTTP/1.1 500\r\nConnection: close\r\nContent-Length: 1\r\n\r\na',
];
const methods = ['GET', 'HEAD', 'CONNECT', 'POST'];

/** The first octet says what request the response answers. */
export const http1ResponseTarget: FuzzTarget = {
  name: 'http1-response',
  seeds: responses.flatMap((text) =>
    [0, 1, 2, 7].map((first) => Buffer.from(`${String.fromCharCode(first)}${text}`, 'latin1')),
  ),
  dictionary,
  features,
  run: (bytes, cuts) => {
    const first = bytes[0] ?? 0;
    const expecting = (decoder: ResponseDecoder): ResponseDecoder => {
      decoder.expect(methods[first & 3] ?? 'GET', (first & 4) !== 0);
      return decoder;
    };
    const rest = bytes.subarray(1);
    const found = findings(
      expecting(new ResponseDecoder(limits)),
      cutAt(
        rest,
        cuts.filter((cut) => cut > 0).map((cut) => cut - 1),
      ),
    );
    for (const finding of found) {
      const isPlain = 'head' in finding && methods[first & 3] !== 'CONNECT' && methods[first & 3] !== 'HEAD';
      // Encoding adds a blank after each colon, so what came in under the small limits may go out over them.
      const again = (encoded: Buffer): Finding | undefined => findings(expecting(new ResponseDecoder()), [encoded])[0];
      if (isPlain) checkRoundTrip(finding, again);
    }
    return describe(bytes, found);
  },
};
