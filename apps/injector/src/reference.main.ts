/** Writes docs/reference/injection.md: the annotations from their definitions, the reasons and metrics from their tables. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SettingDefinition } from './inject/settings/definition.ts';
import { definitions, type Settings } from './inject/settings/definitions.ts';
import { explanations } from './inject/settings/explanations.ts';
import { type LinkerdOnly, linkerdOnly } from './inject/settings/linkerd-only.ts';
import { formatPorts, type PortEntry } from './inject/settings/port-lists.ts';
import type { Quantity } from './inject/settings/quantity.ts';
import { skipReasonTexts } from './inject/skip-reasons.ts';
import { createMetrics } from './metrics.ts';

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n');
const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

const isPorts = (value: unknown): value is readonly PortEntry[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'object' && 'kind' in each);

/** As a value would be written: settings hold durations in ms and sizes as they are. */
const defaultText = (key: string, value: unknown): string => {
  if (value === undefined || value === '') return '';
  if (isPorts(value)) return code(formatPorts(value));
  if (Array.isArray(value)) return '';
  if (key.endsWith('Ms')) return value === 0 ? '' : code(`${value as number}ms`);
  if (typeof value === 'object') return code((value as Quantity).text);
  return code(`${value as string | number | boolean}`);
};

/** Nothing has this form, so the form says what it expects. */
const formText = ({ form }: SettingDefinition<unknown>): string => {
  const result = form('\u0000');
  return result.kind === 'error' ? result.expected.replace(/: see .*/, '') : 'text';
};

const effect = (key: keyof Settings): string => {
  const why = Object.hasOwn(linkerdOnly, key) ? linkerdOnly[key as LinkerdOnly] : undefined;
  return `${explanations[key] ?? ''}${why === undefined ? '' : `. Linkerd’s proxy only; of ours: ${why}`}`;
};

const annotations = table(
  ['Annotation', 'What it does', 'Value', 'Default', 'For a whole install'],
  (Object.entries(definitions) as [keyof Settings, SettingDefinition<unknown>][]).flatMap(([key, definition]) => {
    const [name, ...older] = definition.annotations;
    if (name === undefined) return [];
    const spellings = older.length === 0 ? '' : ` (also ${older.map(code).join(', ')})`;
    return [
      [
        code(name) + spellings,
        effect(key),
        formText(definition),
        defaultText(key, definition.fallback),
        definition.values.slice(0, 1).map(code).join(''),
      ],
    ];
  }),
);

const reasons = table(
  ['`skip_reason`', 'Text of the event'],
  Object.entries(skipReasonTexts).map(([reason, text]) => [code(reason), text]),
);

const metrics = table(
  ['Metric', 'Kind', 'Labels', 'What it says'],
  createMetrics('0')
    .registry.getMetricsAsArray()
    .filter(({ name }) => !/^(?:process_|nodejs_)/.test(name))
    .map((metric) => [
      code(metric.name),
      metric.type,
      ('labelNames' in metric ? (metric.labelNames as readonly string[]) : []).map(code).join(' '),
      metric.help,
    ]),
);

writeFileSync(
  join(import.meta.dirname, '../../../docs/reference/injection.md'),
  `# Injection

Generated from the tables in \`apps/injector/src/inject/settings\`, \`skip-reasons.ts\` and \`metrics.ts\`; \`pnpm generate\` writes it.

A pod gets a proxy when it is made. What is decided, and the patch, are a function of the pod, its namespace, its owner and the install values: \`apps/injector/src/inject/inject-pod.ts\`, with a golden file for each kind of pod beside it.

## Who gets a proxy

\`linkerd.io/inject\` on the namespace or on the pod is \`enabled\`, \`ingress\` or \`disabled\`; what the pod says goes before what its namespace says. A value that is none of these, at either place, means no proxy, and a warning. \`ingress\` is as \`enabled\` to Heddle's proxy, with a warning; Linkerd's routes by what requests name.

A pod that is left without a proxy says why: as event \`InjectionSkipped\` on its owner, in the log, and as label of \`proxy_inject_admission_responses_total\`.

${reasons}

The webhook is not asked about pods on the network of their node, pods of \`kube-*\` namespaces, of the control plane's own, and of \`proxyInjector.excludedNamespaces\`; with \`config.linkerd.io/admission-webhooks: disabled\` as a *label*, a namespace is not asked about either. Nothing on a pod exempts it.

## What is refused

A pod that cannot be meshed as it is, is not made (and a container that must not join one, as \`kubectl debug\` makes it, does not): its controller shows the message (\`FailedCreate\`), and the owner gets the event \`InjectionRefused\`.

| Refused | Because |
| --- | --- |
| a container, also one that joins a living pod, that runs as the proxy's user or group | redirection lets that user's connections pass, policy and all |
| an annotation whose value has another form than the table below says | a mistake would silently mean the default |
| settings that do not go together: ports used twice, a request above its limit, \`close-wait-timeout\` without \`proxyInit.runAsRoot\` | the pod would not start, or not as meant |
| \`config.heddle.io/mesh-required\` with Linkerd's proxy | that proxy does not know it and would send in clear |
| volumes or containers with the names of injected ones | names are unique in a pod |
| anything, while the injector does not know the namespace or the install values | it would be a guess; controllers try again |

Warnings, which \`kubectl\` shows of a pod that it makes and the event \`Injected\` tells the owner of any other, name what is injected all the same: probes and hooks over HTTPS that the default inbound policy refuses ([Probes](probes.md)), ports that are not TCP, ports of the proxy used by a container, init containers that run before a classic sidecar, annotations nobody knows or that have no effect, containers that are privileged or have NET_ADMIN and could take their traffic around the proxy.

## What a pod gets

* Init container \`linkerd-init\` (user 65534, NET_ADMIN and NET_RAW, read-only root): the redirect rules, for IPv4 and IPv6. With \`cniEnabled\`, \`linkerd-network-validator\` without capabilities instead: it ends with 95 where traffic would pass around the proxy.
* \`linkerd-proxy\` as native sidecar, before the pod's own init containers, with a startup probe; or, with \`proxy-enable-native-sidecar: false\`, as first container with a \`postStart\` hook that waits until it is ready. User 2102, no capabilities, read-only root, seccomp \`RuntimeDefault\`. Linkerd copies the capabilities of the application's container to the proxy; Heddle gives it none.
* Volumes: the proxy's key in memory, a ServiceAccount token for audience \`identity.l5d.io\` (86400 s), the lock of iptables.
* Labels \`linkerd.io/control-plane-ns\`, \`linkerd.io/workload-ns\` and \`linkerd.io/proxy-KIND\`; annotations \`linkerd.io/created-by\`, \`linkerd.io/proxy-version\`, \`linkerd.io/trust-root-sha256\`, and those of the table that its namespace has and it has not.
* \`config.linkerd.io/opaque-ports\`, where neither pod nor namespace has it: the default ones among its container ports. Services and pods without a proxy get it too, since clients go by it.

## Annotations

Pod before namespace before install. All are inherited from the namespace, those included that Linkerd's injector forgets.

${annotations}

\`resource.opentelemetry.io/NAME\` on pod or namespace becomes an attribute of the pod's traces, where tracing is on.

## Events

On the owner of the pod (a Deployment rather than its ReplicaSet, a CronJob rather than its Job): \`Injected\`, \`InjectionSkipped\`, \`InjectionRefused\`. A pod without an owner has none: it does not exist yet. What repeats within ten minutes is counted in one event. A dry run leaves none.

## Metrics

On the admin port at \`/metrics\`, besides those of the runtime.

${metrics}
`,
);
