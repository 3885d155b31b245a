/**
 * Reading a request. These bytes come from a peer that nobody has authenticated yet, so size and depth are bounded
 * first, and nothing is believed but what the template for the leaf needs: subject, names, key.
 */

import { readExtensions } from '../certificate/extensions.ts';
import { nameAttributesOf, noNames } from '../certificate/names.ts';
import { readPublicKey } from '../certificate/public-key.ts';
import { isSignedBy, readSigned } from '../certificate/signature.ts';
import { Malformed, parsing } from '../der/malformed.ts';
import { contextTag, type DerElement, readDer, tags } from '../der/read.ts';
import { childrenOf, oidOf, smallIntegerOf } from '../der/values.ts';
import type { CertificateRequest, Parsed, RequestedNames } from '../model.ts';
import { oids } from '../oids.ts';

const limits = { maxBytes: 4096, maxDepth: 10 };

/** Reads a PKCS#10 request of at most 4 kB (RFC 2986) and verifies that its own key signed it. Copies the input. */
export const parseCsr = (der: Uint8Array): Parsed<CertificateRequest> => parsing(() => readRequest(Buffer.from(der)));

const readRequest = (der: Buffer): CertificateRequest => {
  const signed = readSigned(readDer(der, limits), 'the request');
  const [version, subject, keyInfo, attributes, ...rest] = childrenOf(
    signed.content,
    tags.sequence,
    'the request content',
  );
  if (smallIntegerOf(version, 'the version') !== 0) throw new Malformed('not a PKCS#10 request of version 1');
  if (rest.length > 0) throw new Malformed('unexpected fields after the attributes');
  const subjectAttributes = nameAttributesOf(subject, 'the subject');
  const names = requestedNamesOf(attributes);
  const { publicKey, key } = readPublicKey(keyInfo);
  if (!isSignedBy(signed, publicKey))
    throw new Malformed('the signature of the request does not verify with its own key');
  return { der, subjectDer: subject?.bytes ?? Buffer.alloc(0), subject: subjectAttributes, names, publicKey, key };
};

const requestedNamesOf = (attributes: DerElement | undefined): RequestedNames => {
  if (attributes === undefined) return noNames;
  const requests = childrenOf(attributes, contextTag(0), 'the attributes').filter(
    (attribute) =>
      oidOf(childrenOf(attribute, tags.sequence, 'an attribute')[0], 'an attribute type') === oids.extensionRequest,
  );
  if (requests.length > 1) throw new Malformed('more than one extension request');
  const [request] = requests;
  if (request === undefined) return noNames;
  const values = childrenOf(request.children[1], tags.set, 'the extension request');
  if (values.length !== 1) throw new Malformed('the extension request is not one list of extensions');
  return readExtensions(values[0]).names;
};
