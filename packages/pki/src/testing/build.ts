/**
 * Certificates and requests with any flaw a test wants: every part of the structure can be replaced by other bytes. What
 * is not replaced is right.
 */
import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { encodeExtendedKeyUsage, encodeKeyUsage, encodeLeafConstraints } from '../certificate/extensions.ts';
import { encodeName } from '../certificate/names.ts';
import { encodePublicKey } from '../certificate/public-key.ts';
import { ecdsaWithSha256 } from '../certificate/signature.ts';
import * as write from '../der/write.ts';
import { generatePrivateKey } from '../keys.ts';
import type { Authority } from '../model.ts';
import { oids } from '../oids.ts';

export const identity = 'web.shop.serviceaccount.identity.linkerd.cluster.local';
export const nowMs = Date.UTC(2026, 5, 1);
export const dayMs = 86_400_000;

/** One general name by its tag number: 1 e-mail, 2 DNS, 6 URI, 7 IP. */
export const generalName = (tag: number, content: string | Uint8Array): Buffer =>
  write.implicit(tag, typeof content === 'string' ? Buffer.from(content, 'latin1') : content);

export const extension = (id: string, value: Uint8Array, isCritical = false): Buffer =>
  write.sequence(write.oid(id), ...(isCritical ? [write.isTrue] : []), write.octetString(value));

export const altNames = (...names: readonly Uint8Array[]): Buffer =>
  extension(oids.subjectAltName, write.sequence(...names));

export const ourNames = altNames(generalName(2, identity));

export const rsaWithSha256: Buffer = write.sequence(write.oid('1.2.840.113549.1.1.11'), write.element(5));

export const signed = (content: Buffer, key: KeyObject, algorithm: Buffer = ecdsaWithSha256()): Buffer =>
  write.sequence(content, algorithm, write.bitString(sign('sha256', content, key)));

export interface CertificateParts {
  readonly version?: Buffer | undefined;
  readonly serial?: Buffer;
  readonly algorithm?: Buffer;
  readonly subject?: Buffer;
  readonly validity?: Buffer;
  readonly publicKey?: Buffer;
  readonly extensions?: readonly Buffer[];
  /** Fields after the public key, in place of the extensions. */
  readonly tail?: readonly Buffer[];
}

export const validity = (fromMs: number, toMs: number): Buffer => write.sequence(write.time(fromMs), write.time(toMs));

/** A leaf under `issuer` with some parts replaced. */
export const buildLeaf = (issuer: Authority, parts: CertificateParts = {}): Buffer => {
  const extensions = parts.extensions ?? [
    encodeLeafConstraints(),
    encodeKeyUsage(['digitalSignature', 'keyEncipherment']),
    encodeExtendedKeyUsage(['serverAuth', 'clientAuth']),
    ourNames,
  ];
  const version = 'version' in parts ? parts.version : write.smallInteger(2);
  return signed(
    write.sequence(
      ...(version === undefined ? [] : [write.explicit(0, version)]),
      parts.serial ?? write.smallInteger(7),
      parts.algorithm ?? ecdsaWithSha256(),
      issuer.certificate.subjectDer,
      parts.validity ?? validity(nowMs - dayMs, nowMs + dayMs),
      parts.subject ?? encodeName(identity),
      parts.publicKey ?? encodePublicKey(createPublicKey(generatePrivateKey())),
      ...(parts.tail ?? [write.explicit(3, write.sequence(...extensions))]),
    ),
    issuer.key,
  );
};

/** A leaf that is right but for its names, as many as are given, and its time. */
export const buildLeafNamed = (
  issuer: Authority,
  key: KeyObject,
  names: readonly Uint8Array[],
  fromMs: number,
  toMs: number,
): Buffer =>
  buildLeaf(issuer, {
    publicKey: encodePublicKey(createPublicKey(key)),
    validity: validity(fromMs, toMs),
    extensions: [
      encodeLeafConstraints(),
      encodeKeyUsage(['digitalSignature', 'keyEncipherment']),
      encodeExtendedKeyUsage(['serverAuth', 'clientAuth']),
      altNames(...names),
    ],
  });

export interface RequestParts {
  readonly version?: Buffer;
  readonly subject?: Buffer;
  readonly publicKey?: Buffer;
  readonly extensions?: readonly Buffer[];
  /** Attributes in place of the extension request. */
  readonly attributes?: readonly Buffer[];
  readonly key?: KeyObject;
  readonly signingKey?: KeyObject;
  readonly algorithm?: Buffer;
}

export const extensionRequest = (...extensions: readonly Buffer[]): Buffer =>
  write.sequence(write.oid(oids.extensionRequest), write.set(write.sequence(...extensions)));

/** A request for `identity` with some parts replaced. */
export const buildRequest = (parts: RequestParts = {}): Buffer => {
  const key = parts.key ?? generatePrivateKey();
  return signed(
    write.sequence(
      parts.version ?? write.smallInteger(0),
      parts.subject ?? encodeName(identity),
      parts.publicKey ?? encodePublicKey(createPublicKey(key)),
      write.explicit(0, ...(parts.attributes ?? [extensionRequest(...(parts.extensions ?? [ourNames]))])),
    ),
    parts.signingKey ?? key,
    parts.algorithm,
  );
};
