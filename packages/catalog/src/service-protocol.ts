/**
 * What protocol a Service says one of its ports speaks (wire §3.8): `appProtocol`, else the opaque-ports annotation of
 * the Service, its namespace or the install; else nothing, and proxies detect it.
 */
import type { Service, ServicePort } from '@heddle/crds/core';
import { opaquePortsOf } from './annotations.ts';
import type { Indexes } from './indexes.ts';
import { includesPort } from './port-list.ts';

export const serviceProtocol = (
  { namespaces, options }: Indexes,
  { metadata }: Service,
  { appProtocol, port, name }: ServicePort,
): 'detect' | 'http1' | 'http2' | 'opaque' => {
  switch (appProtocol) {
    case 'http':
      return 'http1';
    case 'kubernetes.io/h2c':
      return 'http2';
    case '':
      break;
    default:
      return 'opaque';
  }
  const opaquePorts =
    opaquePortsOf(metadata) ??
    opaquePortsOf(namespaces.get(metadata.namespace)?.metadata) ??
    options.defaultOpaquePorts;
  return includesPort(opaquePorts, port, name === '' ? [] : [name]) ? 'opaque' : 'detect';
};
