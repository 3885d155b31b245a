/** The grammar of DNS names as Kubernetes and the mesh use them (RFC 1123 section 2.1; lengths of RFC 1035). */

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** One label: lower-case letters, digits and inner hyphens, at most 63 of them. */
export const isDnsLabel = (text: string): boolean => label.test(text);

/** One or more labels, at most 253 characters, lower case, no trailing dot. */
export const isDnsName = (text: string): boolean => text.length <= 253 && text.split('.').every(isDnsLabel);
