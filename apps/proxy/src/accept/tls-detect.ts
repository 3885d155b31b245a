/** Whether a connection begins with a ClientHello for us (wire §6.1): only our own server name is terminated here. */
import type { Socket } from 'node:net';
import type { Clock } from '@heddle/runtime';
import { peek } from '@heddle/transport';
import { maxClientHelloBytes, readClientHello } from '@heddle/wire/tls';

export type TlsDetection =
  /** Mesh TLS for this workload: to be terminated. */
  | { readonly kind: 'mesh' }
  /** TLS for somebody else: passed on untouched; `sni` is what it asks for. */
  | { readonly kind: 'foreign'; readonly sni: string | undefined }
  | { readonly kind: 'plain' }
  /** A hello that was begun and not finished, or is malformed. */
  | { readonly kind: 'broken'; readonly reason: string }
  /** No byte, or too few, in time. */
  | { readonly kind: 'timeout' }
  | { readonly kind: 'gone' };

export const detectTls = async (
  socket: Socket,
  serverName: string,
  clock: Clock,
  timeoutMs: number,
): Promise<TlsDetection> => {
  let seenBytes = 0;
  const result = await peek<TlsDetection>(socket, { clock, timeoutMs, maxBytes: maxClientHelloBytes }, (bytes) => {
    seenBytes = bytes.length;
    const hello = readClientHello(bytes);
    switch (hello.kind) {
      case 'needMore':
        return undefined;
      case 'notTls':
        return { kind: 'plain' };
      case 'malformed':
        return { kind: 'broken', reason: hello.reason };
      case 'clientHello':
        return hello.sni === serverName ? { kind: 'mesh' } : { kind: 'foreign', sni: hello.sni };
    }
  });
  switch (result.kind) {
    case 'decided':
      return result.value;
    case 'timeout':
      return seenBytes > 0 ? { kind: 'broken', reason: 'ClientHello not complete in time' } : { kind: 'timeout' };
    case 'full':
      return { kind: 'broken', reason: 'ClientHello too large' };
    case 'ended':
      // Half a hello and then the end is nobody's protocol; nothing at all is.
      return seenBytes > 0 ? { kind: 'broken', reason: 'ended within the ClientHello' } : { kind: 'gone' };
    case 'failed':
      return { kind: 'gone' };
  }
};
