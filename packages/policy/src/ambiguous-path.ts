/**
 * Paths that two servers read differently. The proxy decides on the path as sent; if the application then resolves
 * `/public/../admin`, a grant on `/public` has opened `/admin`. So a permit must hold for every reading:
 *
 * | in the path                                              | read elsewhere as             | here                       |
 * |----------------------------------------------------------|-------------------------------|----------------------------|
 * | `.` or `..` as a segment, also as `%2e`                  | resolved                      | ambiguous                  |
 * | `//`                                                     | one slash, or an authority    | ambiguous                  |
 * | `\`, `%5c`, `%2f`                                        | a slash                       | ambiguous                  |
 * | `#`                                                      | the end of the path           | ambiguous                  |
 * | control characters, also encoded (NUL, CR, LF); space    | the end of the path or line   | ambiguous                  |
 * | bytes beyond ASCII, not encoded                          | encoded, in some character set| ambiguous                  |
 * | `%` without two digits, `%25` before two digits          | decoded leniently, or twice   | ambiguous                  |
 * | overlong UTF-8 (`%c0%af`)                                | an ASCII character            | ambiguous                  |
 * | any other `%XX` (`%61`, `%40`, `%C3%A9`)                 | decoded                       | must be permitted that way |
 * | `;name=value` in a segment                               | dropped (servlet containers)  | must be permitted that way |
 * | `%3f`, `%23`                                             | the end of the path           | must be permitted that way |
 *
 * The last three are common in honest traffic, so they are not refused outright: the request is permitted if the policy
 * permits it under each of its readings too.
 *
 * Not covered, because honest policies rely on the difference: routers that fold case or ignore a trailing slash. Close
 * a corner of an open prefix by a prefix, not by an exact path. Out of a proxy's reach: file systems that trim dots,
 * Unicode look-alikes, applications that let a header override path or method.
 *
 * (RFC 3986 sections 3.3, 5.2.4 and 6.2.2; the Gateway API forbids the same forms in the paths of routes.)
 */
import { decodePath } from './decode-path.ts';

const slash = 0x2f;
const dot = 0x2e;

/**
 * `plain`: there is but one reading. `readings`: see `pathReadings`. `ambiguous`: to be refused.
 * Looks at `path` up to `end`, once, without allocating.
 */
export const classifyPath = (path: string, end: number): 'plain' | 'readings' | 'ambiguous' => {
  let hasReadings = false;
  // Where the current segment began, to tell a segment of dots.
  let segment = 1;
  for (let at = 1; at < end; at++) {
    const code = path.charCodeAt(at);
    if (code === slash) {
      if (isEmptyOrDots(path, segment, at)) return 'ambiguous';
      segment = at + 1;
    } else if (code <= 0x20 || code >= 0x7f || code === 0x23 || code === 0x5c) return 'ambiguous';
    else if (code === 0x25 || code === 0x3b) hasReadings = true;
  }
  if (segment < end && isEmptyOrDots(path, segment, end)) return 'ambiguous';
  return hasReadings ? 'readings' : 'plain';
};

/** Of the segment from `start` to `end`. The last segment of a path may be empty (a trailing slash). */
const isEmptyOrDots = (path: string, start: number, end: number): boolean => {
  const length = end - start;
  if (length > 2) return false;
  return length === 0 || (path.charCodeAt(start) === dot && path.charCodeAt(end - 1) === dot);
};

/** The other paths that a server may take a path for, decoded; undefined when one of them is ambiguous in itself. */
export const pathReadings = (path: string): readonly string[] | undefined => {
  const decoded = decodePath(path);
  if (decoded === undefined || hasOddSegment.test(decoded)) return undefined;
  if (!hasEnds.test(decoded)) return [decoded];
  const cut = decoded.replace(/[?#].*/s, '');
  const readings = [...new Set([decoded, cut, withoutParameters(decoded), withoutParameters(cut)])];
  return readings.some((reading) => hasOddSegment.test(reading)) ? undefined : readings;
};

/** `//`, or a segment `.` or `..`. */
const hasOddSegment = /\/(?:\/|\.\.?(?:\/|$))/;

/** What ends a path, or a segment of it, for some servers. */
const hasEnds = /[?#;]/;

const withoutParameters = (path: string): string => path.replace(/;[^/]*/g, '');
