import { MetricRegistry } from '@heddle/telemetry';
import { expect, test } from 'vitest';
import { declareMetrics } from '../../metrics.ts';
import { EndpointCells } from './endpoint-cells.ts';

const target = { ip: '10.1.0.5', port: 80 };
const reach = { target, dial: target, mesh: undefined, carriesHttp1: false, keepAlive: undefined, labels: {} };

test.each([
  [200, '', 'status_code="200",classification="success"'],
  [503, '', 'status_code="503",classification="failure"'],
  [0, '', 'status_code="0",classification="failure"'],
  [200, '0', 'status_code="200",classification="success",grpc_status="0"'],
  [200, '5', 'status_code="200",classification="success",grpc_status="5"'],
  [200, '14', 'status_code="200",classification="failure",grpc_status="14"'],
  [200, '17', 'status_code="200",classification="failure",grpc_status="2"'],
  [200, 'surprise', 'status_code="200",classification="failure",grpc_status="2"'],
])('status %i with gRPC status %j counts as %s', async (status, grpcStatus, labels) => {
  const registry = new MetricRegistry();
  const cells = new EndpointCells(declareMetrics(registry), reach);
  cells.response(status, grpcStatus).responses.add();
  cells.response(status, grpcStatus).responses.add();
  let text = '';
  await registry.write((part) => {
    text += part;
    return true;
  });
  const lines = text.split('\n').filter((line) => line.startsWith('response_total{'));
  expect(lines).toEqual([expect.stringContaining(`,${labels}} 2`)]);
});
