/**
 * When a certificate is near its end: when a fifth of its life is left, or sixty days, whichever is less. Sixty days
 * alone would always trip on an issuer of 48 h, as it is recommended with cert-manager; one that cert-manager renews
 * (a third of the life before the end, or 25 h of 48 h) never comes near this, so that near the end means that renewal
 * does not work. An anchor of ten years, an issuer of one and webhook certificates trip at sixty days.
 */
import { formatDuration } from '@heddle/names';
import { type Certificate, parsePemBundle } from '@heddle/pki';

const sixtyDaysMs = 60 * 86_400_000;
const shareLeft = 0.2;

export const isNearEnd = ({ notBeforeMs, notAfterMs }: Validity, nowMs: number): boolean =>
  notAfterMs - nowMs < Math.min(sixtyDaysMs, (notAfterMs - notBeforeMs) * shareLeft);

type Validity = Pick<Certificate, 'notBeforeMs' | 'notAfterMs'>;

export const isValid = ({ notBeforeMs, notAfterMs }: Validity, nowMs: number): boolean =>
  nowMs >= notBeforeMs && nowMs <= notAfterMs;

/** `ends 2026-12-01T00:00:00.000Z, 70h0m0s left`, or why it is not valid at all. */
export const validityText = ({ notBeforeMs, notAfterMs }: Validity, nowMs: number): string => {
  const wholeMinutes = (ms: number): string => formatDuration(Math.max(60_000, Math.floor(ms / 60_000) * 60_000));
  if (nowMs < notBeforeMs) return `is not valid before ${new Date(notBeforeMs).toISOString()}: is a clock wrong?`;
  if (nowMs > notAfterMs) return `ended ${new Date(notAfterMs).toISOString()}, ${wholeMinutes(nowMs - notAfterMs)} ago`;
  return `ends ${new Date(notAfterMs).toISOString()}, ${wholeMinutes(notAfterMs - nowMs)} left`;
};

/** The certificates of a PEM text; none when it holds none that can be read. */
export const certificatesIn = (pem: string): readonly Certificate[] => {
  const bundle = parsePemBundle(pem);
  return bundle.kind === 'ok' ? bundle.value : [];
};

/** Why a PEM text holds no certificates; undefined when it does. */
export const whyNoCertificates = (pem: string): string | undefined => {
  const bundle = parsePemBundle(pem);
  return bundle.kind === 'ok' ? undefined : bundle.reason;
};
