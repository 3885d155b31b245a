/** The parameters of mesh TLS (wire §5.3). Both sides of every mesh connection use exactly these. */
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { type Certificate, encodePem } from '@heddle/pki';

/** ALPN of connections that open with a transport header (wire §6.3). */
export const transportHeaderAlpn = 'transport.l5d.io/v1';

/**
 * Post-quantum hybrid first. The stars make OpenSSL send two key shares, so that a peer without ML-KEM goes on with plain
 * X25519 and no extra round trip.
 */
const groups = '*X25519MLKEM768:*X25519:P-256:P-384';
const cipherSuites = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';

/**
 * Builds a context for either role. This costs about a millisecond: once per change of credentials, never per connection.
 * @param presented chain (leaf first) and its key in PEM; absent: a context that shows no certificate
 * @throws when key and certificate do not belong together
 */
export const meshSecureContext = (
  trustAnchors: readonly Certificate[],
  presented?: { readonly chainPem: string; readonly keyPem: string },
): SecureContext =>
  createSecureContext({
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: cipherSuites,
    honorCipherOrder: true,
    ecdhCurve: groups,
    // Our anchors are the only roots, and an anchor need not be self-signed. An empty list would bring the system's roots.
    ca: trustAnchors.map((anchor) => encodePem([anchor])),
    allowPartialTrustChain: true,
    // No resumption: each connection proves its identity anew. Without tickets OpenSSL falls back to its session cache,
    // which Node keeps empty.
    secureOptions: constants.SSL_OP_NO_TICKET,
    ...(presented === undefined ? {} : { cert: presented.chainPem, key: presented.keyPem }),
  });
