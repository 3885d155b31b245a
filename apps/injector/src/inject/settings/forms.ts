/**
 * The forms of values in annotations and install values. Each says what it expects in words that complete the sentence
 * "… is not EXPECTED".
 */
import { isDnsName, parseDuration, parseGatewayDuration, parseNetwork } from '@heddle/names';

export type FormResult<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'error'; readonly expected: string };

/** Called with trimmed text; an empty one is a value to some. */
export type Form<T> = (text: string) => FormResult<T>;

export const ok = <T>(value: T): FormResult<T> => ({ kind: 'ok', value });
export const expected = (what: string): FormResult<never> => ({ kind: 'error', expected: what });

/** Both spellings that Linkerd's annotations use. */
export const flag: Form<boolean> = (text) => {
  if (text === 'true' || text === 'enabled') return ok(true);
  if (text === 'false' || text === 'disabled') return ok(false);
  return expected('a switch; write true or false');
};

export const oneOf =
  <const T extends string>(...choices: readonly T[]): Form<T> =>
  (text) => {
    const found = choices.find((choice) => choice === text);
    return found === undefined ? expected(`one of ${choices.join(', ')}`) : ok(found);
  };

export const integer =
  (min: number, max: number): Form<number> =>
  (text) => {
    const number = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    return number >= min && number <= max ? ok(number) : expected(`a whole number from ${min} to ${max}`);
  };

export const port: Form<number> = (text) => {
  const result = integer(1, 65_535)(text);
  return result.kind === 'ok' ? result : expected('a port, a number from 1 to 65535');
};

const durationForms = 'a duration; write a number and a unit, as in 250ms, 10s, 5m or 24h';

/** Milliseconds. Linkerd's form, and `1h30m` as its annotations allow. */
export const duration: Form<number> = (text) => {
  const plain = parseDuration(text);
  if (plain.kind === 'ok') return ok(plain.value);
  const composed = parseGatewayDuration(text);
  return composed.kind === 'ok' ? ok(composed.value) : expected(durationForms);
};

/** Seconds: a bare number, as install values have it, or a duration, as the annotation has it. */
export const seconds: Form<number> = (text) => {
  if (/^\d{1,9}$/.test(text)) return ok(Number(text));
  const result = duration(text);
  return result.kind === 'ok' ? ok(Math.ceil(result.value / 1000)) : expected(durationForms);
};

/** A share of the node's processors. */
export const ratio: Form<string> = (text) => {
  const number = /^\d?(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  return number > 0 && number <= 1 ? ok(text) : expected('a share above 0 and up to 1, as in 0.25');
};

/** The name of an image, with or without a tag or digest. */
export const image: Form<string> = (text) =>
  /^[a-z0-9][a-zA-Z0-9._-]*(:\d{1,5})?(\/[a-zA-Z0-9._-]+)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/.test(text)
    ? ok(text)
    : expected('the name of an image, as in registry.example.com/mesh/proxy');

export const imageTag: Form<string> = (text) =>
  /^\w[\w.-]{0,127}$/.test(text)
    ? ok(text)
    : expected('a version of an image: letters, digits, dots, hyphens and underscores');

/** Comma-separated networks; addresses are networks of one. */
export const networks: Form<string> = (text) => {
  const parts = splitList(text);
  const wrong = parts.find((part) => parseNetwork(part).kind === 'error');
  return wrong === undefined
    ? ok(parts.join(','))
    : expected(`a list of networks, as in 10.0.0.0/8,fd00::/8: see ${JSON.stringify(wrong)}`);
};

export const someNetworks: Form<string> = (text) =>
  text === '' ? expected('a list of at least one network, as in 10.0.0.0/8') : networks(text);

export const dnsName: Form<string> = (text) =>
  isDnsName(text) ? ok(text) : expected('a lower-case DNS name, as in cluster.local');

/** The filter language of Linkerd's proxy: `warn,linkerd=debug,[{headers}]=off`. */
export const logFilter: Form<string> = (text) =>
  text.length <= 1024 && /^[\w=,:[\]{}./ "*-]+$/.test(text)
    ? ok(text)
    : expected('a log filter, as in warn,linkerd=info');

/** Comma-separated addresses with a port. */
export const socketAddresses: Form<string> = (text) =>
  splitList(text).every((part) => /^(?:[\d.]{7,15}|\[[\da-f:.]{2,45}\]):\d{1,5}$/i.test(part))
    ? ok(splitList(text).join(','))
    : expected('a list of addresses and ports, as in 1.1.1.1:20001,[fd00::1]:20001');

/** A name and port, as of a Service. */
export const hostAndPort: Form<string> = (text) =>
  /^[a-z0-9][a-z0-9.-]{0,252}:\d{1,5}$/.test(text)
    ? ok(text)
    : expected('a name and port, as in collector.tracing.svc.cluster.local:4317');

export const text: Form<string> = (value) => ok(value);

/** The parts of a comma-separated list, without blanks around them; empty parts do not count. */
export const splitList = (text: string): readonly string[] =>
  text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
