import { orThrow, parseNetwork } from '@heddle/names';
import { expect, test } from 'vitest';
import { uncoveredTraffic } from './uncovered.ts';

test('everything that passes around the proxy is told', () => {
  const notes = uncoveredTraffic({
    incomingProxyPort: 4143,
    outgoingProxyPort: 4140,
    proxyUid: 0,
    proxyGid: undefined,
    inboundPortsToIgnore: [{ first: 4190, last: 4191 }],
    outboundPortsToIgnore: [{ first: 443, last: 443 }],
    portsToRedirect: [{ first: 80, last: 80 }],
    subnetsToIgnore: [orThrow(parseNetwork('10.0.0.0/8'))],
  });
  expect(notes).toHaveLength(6);
  for (const [index, word] of ['UDP', '4190-4191', '443', '10.0.0.0/8', 'port 80', 'proxy-uid is 0'].entries()) {
    expect(notes[index]).toContain(word);
  }
});
