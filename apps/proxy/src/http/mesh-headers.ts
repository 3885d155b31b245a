/** Headers that the mesh itself speaks (wire §7.1). They say who a client is, so they are never taken from one. */

/** `l5d-…`, and with another sign for the first hyphen: CGI-like servers read `_` as the same, PHP `.` too. */
export const isMeshHeader = (name: string): boolean =>
  name.charCodeAt(0) === 0x6c && name.startsWith('l5d') && !isAlphanumeric(name.charCodeAt(3));

/** Of a lower-case name. NaN, past its end, is not. */
const isAlphanumeric = (code: number): boolean => (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
