/** Models as JSON for people: addresses and networks as text, what is absent left out. */
import { formatIp, formatNetwork, type IpAddress, type IpNetwork } from '@heddle/names';

export const readableJson = (value: unknown): string => `${JSON.stringify(value, readable, 2)}\n`;

const readable = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value;
  if (isNetwork(value)) return formatNetwork(value);
  return isIp(value) ? formatIp(value) : value;
};

const isIp = (value: object): value is IpAddress =>
  ('bits' in value && 'kind' in value && value.kind === 'v4') ||
  ('words' in value && 'kind' in value && value.kind === 'v6');

const isNetwork = (value: object): value is IpNetwork => 'base' in value && 'prefixLength' in value;
