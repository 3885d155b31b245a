import { expect, test } from 'vitest';
import type { ProxyConfig } from '../config/model.ts';
import { applicationPorts } from './redirection.ts';

test.each([
  [4143, false],
  [4140, false],
  [4191, false],
  [8080, true],
  [4142, true],
])('in a pod, port %d may be the application: %s', (port, expected) => {
  const config = {
    redirection: { kind: 'original-dst' },
    inbound: { listen: { host: '0.0.0.0', port: 4143 } },
    outbound: { listen: [{ host: '127.0.0.1', port: 4140 }] },
    admin: { listen: { host: '0.0.0.0', port: 4191 } },
  } as unknown as ProxyConfig;
  expect(applicationPorts(config)({ ip: '10.0.0.1', port })).toBe(expected);
});
