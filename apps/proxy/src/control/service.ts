/** Clients of the control plane's services: in clear on loopback without a name, over mesh TLS otherwise (wire §3.2). */
import { defaultStreamLimits, GrpcClient, type StreamLimits } from '@heddle/api';
import type { Clock } from '@heddle/runtime';
import type { CredentialCell } from '@heddle/transport';
import type { ServiceConfig } from '../config/model.ts';

export const serviceAddress = ({ address: { host, port } }: ServiceConfig): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

export const createServiceClient = (service: ServiceConfig, credentials: CredentialCell, clock: Clock): GrpcClient =>
  new GrpcClient({
    address: serviceAddress(service),
    clock,
    security:
      service.name === undefined
        ? { kind: 'cleartext' }
        : { kind: 'mesh', credentials, serverName: service.name, clientCertificate: 'require' },
  });

/** Streams to a loopback address have no limits of their own. */
export const streamLimitsFor = (service: ServiceConfig): StreamLimits | undefined =>
  service.name === undefined ? undefined : defaultStreamLimits;
