/** Parsers for the value forms that environment variables of a mesh use (wire §4: durations, port lists, addresses). */
import { isIP } from 'node:net';
import { expected, type Parsed, parsed, type TextParser } from './environment.ts';

export const text: TextParser<string> = parsed;

export const integer =
  (min: number, max: number): TextParser<number> =>
  (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max ? parsed(number) : expected(`a whole number from ${min} to ${max}`);
  };

/** `true`, `false`, `1`, `0`, `yes`, `no`, `on`, `off`, in any case. */
export const flag: TextParser<boolean> = (value) => {
  const lower = value.toLowerCase();
  if (['true', '1', 'yes', 'on'].includes(lower)) return parsed(true);
  if (['false', '0', 'no', 'off'].includes(lower)) return parsed(false);
  return expected('a switch; use true or false');
};

export const oneOf =
  <const T extends string>(...choices: readonly T[]): TextParser<T> =>
  (value) => {
    const found = choices.find((choice) => choice === value);
    return found === undefined ? expected(`one of ${choices.join(', ')}`) : parsed(found);
  };

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `250ms`, `10s`, `5m`, `24h`, `365d` or a bare `0` -> milliseconds. */
export const durationMs: TextParser<number> = (value) => {
  if (value === '0') return parsed(0);
  const match = /^(\d{1,12})(ms|s|m|h|d)$/.exec(value);
  const unit = unitMs[match?.[2] ?? ''];
  return match === null || unit === undefined
    ? expected('a duration; use a whole number and a unit, as in 250ms, 10s, 5m, 24h or 7d')
    : parsed(Number(match[1]) * unit);
};

export interface SocketAddressText {
  readonly host: string;
  readonly port: number;
}

const addressForm = 'an address and port, as in 127.0.0.1:4191 or [::1]:4191';

/** `1.2.3.4:80`, `[::1]:80`. Port 0 is allowed: any free port. */
export const socketAddress: TextParser<SocketAddressText> = (value) => {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(value);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3] ?? Number.NaN);
  return isIP(host) !== 0 && port <= 65_535 ? parsed({ host, port }) : expected(addressForm);
};

/** `name:port` or an address and port; a trailing dot of the name (an absolute name) is dropped. */
export const hostAndPort: TextParser<SocketAddressText> = (value) => {
  const address = socketAddress(value);
  if (address.kind === 'ok') return address;
  const match = /^([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}))\.?:(\d{1,5})$/.exec(value);
  const port = Number(match?.[2] ?? 0);
  const host = (match?.[1] ?? '').replace(/\.$/, '');
  return match !== null && port > 0 && port <= 65_535
    ? parsed({ host, port })
    : expected('a host and port, as in linkerd-policy.linkerd.svc.cluster.local.:8090');
};

/** Comma-separated parts, each parsed by `part`; blanks around them and empty parts are ignored. */
export const listOf =
  <T>(part: TextParser<T>): TextParser<readonly T[]> =>
  (value) => {
    const values: T[] = [];
    for (const piece of value.split(',').map((each) => each.trim())) {
      if (piece === '') continue;
      const result: Parsed<T> = part(piece);
      if (result.kind === 'error') return expected(`a list of which each part is ${result.expected}: ${piece}`);
      values.push(result.value);
    }
    return parsed(values);
  };

/** `25,587,4000-4010` -> every port. */
export const ports: TextParser<ReadonlySet<number>> = (value) => {
  const all = new Set<number>();
  for (const piece of value.split(',').map((each) => each.trim())) {
    if (piece === '') continue;
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(piece);
    const first = Number(match?.[1] ?? 0);
    const last = Number(match?.[2] ?? first);
    if (first < 1 || last > 65_535 || last < first) {
      return expected(`a list of ports and ranges, as in 25,587,4000-4010: ${piece}`);
    }
    for (let port = first; port <= last; port += 1) all.add(port);
  }
  return parsed(all);
};
