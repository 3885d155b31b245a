/**
 * The single-identity rule: which name, if any, a set of subject alternative names stands for. A certificate with two
 * names could be read differently by two verifiers, so it stands for none (attack class: SAN with NUL or odd types).
 */
import type { RequestedNames, SubjectIdentity } from '../model.ts';

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const spiffeId = /^spiffe:\/\/[a-z0-9._-]{1,255}((?:\/[A-Za-z0-9._-]+)+)$/;

/** True for a lower-case DNS name without wildcard or final dot that a mesh identity may be (RFC 1123). */
export const isDnsIdentity = (name: string): boolean =>
  name.length <= 253 && name.split('.').every((label) => dnsLabel.test(label));

/** True for a SPIFFE ID with a path (SPIFFE-ID section 2). */
export const isUriIdentity = (name: string): boolean => {
  const path = name.length <= 2048 ? spiffeId.exec(name)?.[1] : undefined;
  return path !== undefined && !path.split('/').some((segment) => segment === '.' || segment === '..');
};

export const identityOf = (names: RequestedNames): SubjectIdentity => {
  const none = (reason: string): SubjectIdentity => ({ kind: 'none', reason });
  const count = names.dns.length + names.uri.length + names.email.length + names.ip.length + names.other.length;
  if (count === 0) return none('it has no subject alternative name');
  if (count > 1) return none(`it has ${count} subject alternative names; exactly one DNS name or URI may stand there`);
  const [dns] = names.dns;
  if (dns !== undefined) {
    return isDnsIdentity(dns)
      ? { kind: 'dns', name: dns }
      : none(`its DNS name ${quote(dns)} is not a lower-case host name`);
  }
  const [uri] = names.uri;
  if (uri !== undefined) {
    return isUriIdentity(uri) ? { kind: 'uri', name: uri } : none(`its URI ${quote(uri)} is not a SPIFFE ID`);
  }
  return none('its subject alternative name is neither a DNS name nor a URI');
};

/** Untrusted text for a message: quoted, control characters visible, bounded. */
export const quote = (text: string): string => JSON.stringify(text.length > 260 ? `${text.slice(0, 260)}…` : text);
