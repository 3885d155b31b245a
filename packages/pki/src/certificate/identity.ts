/**
 * The single-identity rule: which name, if any, a set of subject alternative names stands for. A certificate with two
 * names could be read differently by two verifiers, so it stands for none (attack class: SAN with NUL or odd types).
 */
import { isDnsName, parseIdentity } from '@heddle/names';
import type { RequestedNames, SubjectIdentity } from '../model.ts';

export const identityOf = (names: RequestedNames): SubjectIdentity => {
  const none = (reason: string): SubjectIdentity => ({ kind: 'none', reason });
  const count = names.dns.length + names.uri.length + names.email.length + names.ip.length + names.other.length;
  if (count === 0) return none('it has no subject alternative name');
  if (count > 1) return none(`it has ${count} subject alternative names; exactly one DNS name or URI may stand there`);
  const [dns] = names.dns;
  if (dns !== undefined) {
    return isDnsName(dns)
      ? { kind: 'dns', name: dns }
      : none(`its DNS name ${quote(dns)} is not a lower-case host name`);
  }
  const [uri] = names.uri;
  if (uri !== undefined) {
    return isWorkloadId(uri)
      ? { kind: 'uri', name: uri }
      : none(`its URI ${quote(uri)} is not the SPIFFE ID of a workload`);
  }
  return none('its subject alternative name is neither a DNS name nor a URI');
};

/** A SPIFFE ID without a path names a whole trust domain, not somebody in it. */
const isWorkloadId = (uri: string): boolean => {
  const identity = parseIdentity(uri);
  return identity.kind === 'ok' && identity.value.kind === 'spiffe' && identity.value.path !== '';
};

/** Untrusted text for a message: quoted, control characters visible, bounded. */
export const quote = (text: string): string => JSON.stringify(text.length > 260 ? `${text.slice(0, 260)}…` : text);
