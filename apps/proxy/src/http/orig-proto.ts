/**
 * HTTP/1 carried in HTTP/2 between proxies (wire §6.2): `l5d-orig-proto: HTTP/1.1` or `HTTP/1.0`, with `; absolute-form`
 * when the target was one. It never reaches an application.
 */
import type { RequestHead, ResponseHead } from './head.ts';

const header = 'l5d-orig-proto';

/**
 * On the client's side, before the request goes out as HTTP/2. Linkerd's proxy writes the `Host` that the application
 * gets from the field of that name, not from `:authority`.
 */
export const markOriginalProtocol = (request: RequestHead): void => {
  if (request.version === '2') return;
  if (request.authority !== '') request.headers.set('host', request.authority);
  const marks = request.isAbsoluteForm ? absoluteMarks : plainMarks;
  request.headers.set(header, marks[request.version]);
};

/** Takes the mark of an earlier attempt away, before the request goes out as HTTP/1 after all. */
export const unmarkOriginalProtocol = ({ headers }: RequestHead): void => {
  headers.delete(header);
  headers.delete('host');
};

const plainMarks = { '1.0': 'HTTP/1.0', '1.1': 'HTTP/1.1' } as const;
const absoluteMarks = { '1.0': 'HTTP/1.0; absolute-form', '1.1': 'HTTP/1.1; absolute-form' } as const;

/** On the server's side: the request becomes what it was. @returns the mark, empty without a valid one */
export const restoreOriginalProtocol = (request: RequestHead): string => {
  if (request.version !== '2') return '';
  const mark = request.headers.get(header) ?? '';
  if (!mark.startsWith('HTTP/1.')) return '';
  const version = mark.charAt(7);
  const form = mark.slice(8);
  const isAbsoluteForm = form === '; absolute-form' || form === ';absolute-form';
  if ((version !== '0' && version !== '1') || (form !== '' && !isAbsoluteForm)) return '';
  request.version = version === '0' ? '1.0' : '1.1';
  request.isAbsoluteForm = isAbsoluteForm;
  return mark;
};

/** On the server's side: the response says what it was, so that the client's proxy can downgrade it. */
export const markOriginalResponse = (response: ResponseHead, mark: string): void => {
  if (mark !== '') response.headers.set(header, 'HTTP/1.1');
};
