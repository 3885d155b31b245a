/** Every metric the proxy exports, declared once (names and labels of wire §10). */
import type { MetricRegistry } from '@heddle/telemetry';

/** Which Server a port belongs to. */
const serverLabels = ['srv_group', 'srv_kind', 'srv_name', 'srv_port'] as const;
const routeLabels = ['route_group', 'route_kind', 'route_name'] as const;
const authzLabels = ['authz_group', 'authz_kind', 'authz_name'] as const;
/** Whom a connection is with. */
const peerLabels = ['direction', 'peer', 'target_addr', 'target_ip', 'target_port', 'tls', 'no_tls_reason'] as const;
const identityLabels = ['client_id', 'server_id'] as const;
const dstLabels = ['dst_service', 'dst_namespace', 'dst_pod', 'dst_serviceaccount'] as const;

const requestLabels = [
  'direction',
  'authority',
  'target_addr',
  'target_ip',
  'target_port',
  'tls',
  'no_tls_reason',
  ...identityLabels,
  ...serverLabels,
  ...routeLabels,
  ...authzLabels,
  ...dstLabels,
] as const;
const tcpLabels = [...peerLabels, ...identityLabels, ...serverLabels, ...dstLabels] as const;
const httpVerdictLabels = [
  'target_addr',
  'target_ip',
  'target_port',
  ...serverLabels,
  ...routeLabels,
  ...authzLabels,
  'tls',
  'no_tls_reason',
  'client_id',
] as const;
const tcpVerdictLabels = [
  'target_addr',
  'target_ip',
  'target_port',
  ...serverLabels,
  ...authzLabels,
  'tls',
  'no_tls_reason',
  'client_id',
] as const;

/** 1..5, 10..50, … 10000..50000 milliseconds. */
const latencyBounds = [1, 10, 100, 1000, 10_000].flatMap((unit) => [1, 2, 3, 4, 5].map((step) => unit * step));

export type ProxyMetrics = ReturnType<typeof declareMetrics>;

export const declareMetrics = (registry: MetricRegistry) => ({
  requests: registry.counter('request_total', 'Requests', requestLabels),
  responses: registry.counter('response_total', 'Responses, by how they ended', [
    ...requestLabels,
    'status_code',
    'classification',
    'grpc_status',
    'error',
  ]),
  latency: registry.histogram(
    'response_latency_ms',
    'Milliseconds from a request to the end of its response',
    [...requestLabels, 'status_code'],
    latencyBounds,
  ),
  httpAllowed: registry.counter('inbound_http_authz_allow_total', 'Requests that were authorized', httpVerdictLabels),
  httpDenied: registry.counter('inbound_http_authz_deny_total', 'Requests that nobody authorized', httpVerdictLabels),
  routeNotFound: registry.counter(
    'inbound_http_route_not_found_total',
    'Requests that no route takes',
    httpVerdictLabels,
  ),
  rateLimited: registry.counter('inbound_http_local_ratelimit_total', 'Requests over a rate limit', [
    ...serverLabels,
    'ratelimit_group',
    'ratelimit_kind',
    'ratelimit_name',
    'ratelimit_scope',
  ]),
  tcpAllowed: registry.counter('inbound_tcp_authz_allow_total', 'Connections that were authorized', tcpVerdictLabels),
  tcpDenied: registry.counter('inbound_tcp_authz_deny_total', 'Connections that nobody authorized', tcpVerdictLabels),
  tcpTerminated: registry.counter(
    'inbound_tcp_authz_terminate_total',
    'Open connections ended because they are no longer authorized',
    tcpVerdictLabels,
  ),
  streamsRevoked: registry.counter(
    'inbound_http_authz_terminate_total',
    'Open HTTP exchanges ended because they are no longer authorized',
    httpVerdictLabels,
  ),
  inboundHttpErrors: registry.counter('inbound_http_errors_total', 'Requests that the proxy failed', [
    'error',
    'target_port',
  ]),
  outboundHttpErrors: registry.counter('outbound_http_errors_total', 'Requests that the proxy failed', ['error']),
  inboundTcpErrors: registry.counter('inbound_tcp_errors_total', 'Connections that the proxy refused', [
    'error',
    'target_port',
  ]),
  outboundTcpErrors: registry.counter('outbound_tcp_errors_total', 'Connections that the proxy refused', ['error']),
  tcpOpened: registry.counter('tcp_open_total', 'Connections opened', tcpLabels),
  tcpOpen: registry.gauge('tcp_open_connections', 'Connections open now', tcpLabels),
  tcpClosed: registry.counter('tcp_close_total', 'Connections closed', [...tcpLabels, 'errno']),
  tcpRead: registry.counter('tcp_read_bytes_total', 'Bytes read from peers', tcpLabels),
  tcpWritten: registry.counter('tcp_write_bytes_total', 'Bytes written to peers', tcpLabels),
  detected: registry.counter('inbound_tcp_detect_http_results_total', 'What detection found', [
    'result',
    ...serverLabels,
  ]),
  transportHeaders: registry.counter(
    'inbound_tcp_transport_header_connections_total',
    'Direct connections, by what their header says',
    ['session_protocol', 'target_port', 'target_name', 'client_id'],
  ),
  outboundProtocols: registry.counter(
    'outbound_tcp_protocol_connections_total',
    'Connections of the application, by protocol',
    ['protocol'],
  ),
  balancerEndpoints: registry.gauge('outbound_http_balancer_endpoints', 'Endpoints of a balancer', [
    'backend_name',
    'endpoint_state',
  ]),
  certificateExpiry: registry.gauge(
    'control_identity_cert_expiration_timestamp_seconds',
    'End of the certificate in use, seconds since the epoch',
    [],
  ),
  certificateRefreshed: registry.gauge(
    'control_identity_cert_refresh_timestamp_seconds',
    'When the certificate in use was issued, seconds since the epoch',
    [],
  ),
  certificateRefreshes: registry.counter('control_identity_cert_refreshes_total', 'Attempts to get a certificate', [
    'result',
  ]),
  controlRequests: registry.counter('control_request_total', 'Calls to the control plane', ['addr', 'server_id']),
  controlResponses: registry.counter('control_response_total', 'Calls to the control plane that ended', [
    'addr',
    'server_id',
    'grpc_status',
  ]),
});
