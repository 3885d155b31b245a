/** Forms of values that only the proxy's environment has. */
import { type IpAddress, type IpNetwork, parseIp, parseNetwork } from '@heddle/names';
import { expected, parsed, type SocketAddressText, socketAddress, type TextParser } from '@heddle/runtime';
import { type LogLevel, logLevels } from '@heddle/telemetry';

export const ip: TextParser<IpAddress> = (text) => {
  const result = parseIp(text);
  return result.kind === 'ok' ? parsed(result.value) : expected('an IP address');
};

export const network: TextParser<IpNetwork> = (text) => {
  const result = parseNetwork(text);
  return result.kind === 'ok' ? parsed(result.value) : expected('a network, as in 10.0.0.0/8');
};

/** `127.1.0.3:7001>127.1.0.3:40001` -> both addresses. */
export const addressPair: TextParser<readonly [SocketAddressText, SocketAddressText]> = (text) => {
  const [left, right, ...rest] = text.split('>').map((part) => socketAddress(part.trim()));
  if (left?.kind !== 'ok' || right?.kind !== 'ok' || rest.length > 0) {
    return expected('two addresses, as in 127.1.0.3:7001>127.1.0.3:40001');
  }
  return parsed([left.value, right.value]);
};

const isLevel = (text: string): text is LogLevel => (logLevels as readonly string[]).includes(text);

/** One of our levels, or a filter of the field's proxies (`warn,linkerd=info,hickory=error`), of which `linkerd` counts. */
export const logLevel: TextParser<LogLevel> = (text) => {
  const parts = text
    .toLowerCase()
    .replaceAll('off', 'silent')
    .split(',')
    .map((part) => part.trim());
  const own = parts.find((part) => part.startsWith('linkerd='))?.slice('linkerd='.length);
  const level = own ?? parts.find((part) => !part.includes('=')) ?? 'info';
  return isLevel(level) ? parsed(level) : expected(`a log level; use one of ${logLevels.join(', ')}`);
};
