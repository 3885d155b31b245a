/** The options of `heddle inject` that become annotations of their own (features §2.1), by Linkerd's names. */

export interface InjectSetting {
  /** Of the option, and, in camel case, of its value. */
  readonly option: string;
  readonly annotation: string;
  readonly value: string;
  readonly help: string;
}

const setting = (option: string, value: string, help: string, annotation = option): InjectSetting => ({
  option,
  annotation: `config.linkerd.io/${annotation}`,
  value,
  help,
});

export const injectSettings: readonly InjectSetting[] = [
  setting('default-inbound-policy', 'policy', 'what holds for ports that no Server selects'),
  setting('opaque-ports', 'ports', 'ports whose protocol is not to be detected'),
  setting('skip-inbound-ports', 'ports', 'ports that do not go through the proxy: neither encrypted nor under policy'),
  setting('skip-outbound-ports', 'ports', 'ports of others that are reached past the proxy'),
  setting(
    'require-identity-on-inbound-ports',
    'ports',
    'ports that take no client without a mesh identity',
    'proxy-require-identity-inbound-ports',
  ),
  setting('proxy-log-level', 'filter', 'what the proxy logs'),
  setting('proxy-cpu-request', 'quantity', 'CPU that the proxy asks for'),
  setting('proxy-cpu-limit', 'quantity', 'CPU that the proxy may use'),
  setting('proxy-memory-request', 'quantity', 'memory that the proxy asks for'),
  setting('proxy-memory-limit', 'quantity', 'memory that the proxy may use'),
  setting('native-sidecar', 'true|false', 'whether the proxy is a native sidecar', 'proxy-enable-native-sidecar'),
  setting('access-log', 'apache|json', 'form of the access log', 'access-log'),
];

export const optionKey = (option: string): string =>
  option.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
