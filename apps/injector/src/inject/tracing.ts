/** What a proxy tells about itself in traces: OpenTelemetry's resource attributes, from annotations and labels. */

import type { InjectionContext } from './context.ts';
import { trustDomainOf } from './install-config.ts';
import type { EnvironmentVariable } from './settings/environment-list.ts';

const prefix = 'resource.opentelemetry.io/';
export const podInfoDir = '/var/run/linkerd/podinfo';

export const attributeAnnotations = (annotations: Readonly<Record<string, string>>): readonly string[] =>
  Object.keys(annotations).filter((name) => name.startsWith(prefix) && name.length > prefix.length);

/** Nothing unless tracing is on for the install. */
export const tracingEnvironment = (context: InjectionContext): readonly EnvironmentVariable[] => {
  const { settings, install } = context;
  if (!settings.isTraced) return [];
  const collectorNamespace = settings.traceCollectorNamespace || install.controlPlaneNamespace;
  return [
    { name: 'LINKERD2_PROXY_TRACE_ATTRIBUTES_PATH', value: `${podInfoDir}/labels` },
    { name: 'LINKERD2_PROXY_TRACE_COLLECTOR_SVC_ADDR', value: settings.traceCollector },
    {
      name: 'LINKERD2_PROXY_TRACE_COLLECTOR_SVC_NAME',
      value: `${settings.traceCollectorAccount}.${collectorNamespace}.serviceaccount.identity.${install.controlPlaneNamespace}.${trustDomainOf(install)}`,
    },
    { name: 'LINKERD2_PROXY_TRACE_SERVICE_NAME', value: serviceName(context) },
    {
      name: 'LINKERD2_PROXY_TRACE_EXTRA_ATTRIBUTES',
      value: 'k8s.pod.uid=$(_pod_uid)\nk8s.container.name=$(_pod_containerName)',
    },
    ...attributes(context),
  ];
};

/** The order of OpenTelemetry's conventions for Kubernetes: said outright, instance, name, workload. */
const serviceName = ({ pod, namespace, owner, settings }: InjectionContext): string =>
  pod.annotations?.[`${prefix}service.name`] ??
  namespace.annotations[`${prefix}service.name`] ??
  pod.labels?.['app.kubernetes.io/instance'] ??
  pod.labels?.['app.kubernetes.io/name'] ??
  (settings.traceServiceName || owner?.name || pod.name || 'linkerd-proxy');

const attributes = ({ pod, namespace }: InjectionContext): readonly EnvironmentVariable[] => {
  const all = { ...namespace.annotations, ...pod.annotations };
  const pairs = attributeAnnotations(all).map(
    (name) => `${escape(name.slice(prefix.length))}=${escape(all[name] ?? '')}`,
  );
  return pairs.length === 0 ? [] : [{ name: 'OTEL_RESOURCE_ATTRIBUTES', value: pairs.sort().join(',') }];
};

/** As baggage is encoded; what is left has no `$(…)` that Kubernetes would take for another variable. */
const escape = (text: string): string => encodeURIComponent(text.toWellFormed());
