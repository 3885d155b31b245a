/** Durations in milliseconds: Linkerd's form (`250ms`, `10s`, `1d`, bare `0`) and the Gateway API's (`1h30m`, GEP-2257). */
import { nameError, type Parsed, parsed } from './parsed.ts';

const millisecondsPer: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const linkerdForm = /^\s*([0-9]{1,15})(ms|s|m|h|d)?\s*$/;

/** Parses one number with a unit `ms`, `s`, `m`, `h` or `d` (wire section 4). Only `0` may stand without a unit. */
export const parseDuration = (text: string): Parsed<number> => {
  const [, digits = '', unit] = linkerdForm.exec(text) ?? [];
  const factor = unit === undefined ? undefined : millisecondsPer[unit];
  const milliseconds =
    digits === '' ? Number.NaN : Number(digits) * (factor ?? (Number(digits) === 0 ? 0 : Number.NaN));
  return Number.isSafeInteger(milliseconds)
    ? parsed(milliseconds)
    : nameError('duration', text, 'is not a duration; write a number and ms, s, m, h or d, like 250ms or 10s');
};

const gatewayForm = /^(?:[0-9]{1,5}(?:h|m|s|ms)){1,4}$/;

/** Parses one to four numbers with units `h`, `m`, `s`, `ms` (GEP-2257), which add up: `1h30m`, `24h0m0s`. */
export const parseGatewayDuration = (text: string): Parsed<number> => {
  if (!gatewayForm.test(text)) {
    return nameError('duration', text, 'is not a duration; write like 10s, 250ms or 1h30m (units h, m, s, ms)');
  }
  let milliseconds = 0;
  for (const [, digits = '', unit = ''] of text.matchAll(/([0-9]+)(ms|h|m|s)/g)) {
    milliseconds += Number(digits) * (millisecondsPer[unit] ?? 0);
  }
  return parsed(milliseconds);
};

/**
 * The shortest text in the Gateway API's form: whole milliseconds in descending units (`5400000` is `1h30m`). Up to
 * 99999 hours `parseGatewayDuration` reads it back.
 */
export const formatDuration = (milliseconds: number): string => {
  let rest = Math.max(0, Math.round(milliseconds));
  let text = '';
  for (const unit of ['h', 'm', 's', 'ms']) {
    const factor = millisecondsPer[unit] ?? 1;
    const count = Math.floor(rest / factor);
    rest -= count * factor;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
};
