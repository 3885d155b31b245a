/** Whether a request may become a leaf: the rules of wire section 5.1, in their order. */
import { quote } from '../certificate/identity.ts';
import type { CertificateRequest } from '../model.ts';
import { oids } from '../oids.ts';

/** undefined when `request` may become a leaf for `identity`; otherwise why not. */
export const whyCsrUnacceptable = (request: CertificateRequest, identity: string): string | undefined => {
  const { dns, uri, email, ip, other } = request.names;
  if (request.key.kind !== 'ec') return 'its public key is not ECDSA';
  if (dns.length !== 1) return `it asks for ${dns.length} DNS names, expected exactly one`;
  if (dns[0] !== identity) return `it asks for ${quote(dns[0] ?? '')}, expected ${quote(identity)}`;
  for (const [kind, count] of [
    ['e-mail', email.length],
    ['IP address', ip.length],
    ['URI', uri.length],
    ['other', other.length],
  ] as const) {
    if (count > 0) return `it asks for ${count} ${kind} subject alternative name(s), expected none`;
  }
  // The subject is copied into the leaf. An organization, say, might mean something to another verifier.
  const [commonName, ...more] = request.subject;
  if (commonName === undefined) return undefined;
  if (more.length > 0 || commonName.type !== oids.commonName) return 'its subject holds more than one common name';
  if (commonName.text === '' || commonName.text === identity) return undefined;
  return `its common name is ${quote(commonName.text)}, expected ${quote(identity)} or none`;
};
