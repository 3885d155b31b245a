/** Headers that the mesh itself speaks (wire §7.1). They say who a client is, so they are never taken from one. */

/** `l5d-…`, and `l5d_…`, which CGI-like servers read as the same. */
export const isMeshHeader = (name: string): boolean =>
  name.charCodeAt(0) === 0x6c && (name.startsWith('l5d-') || name.startsWith('l5d_'));
