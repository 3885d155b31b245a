import { createLogger } from '@heddle/telemetry';
import { createCertificateMill, eventually, FakeClock, TemporaryDirectory } from '@heddle/testkit';
import { CredentialCell } from '@heddle/transport';
import { expect, test } from 'vitest';
import { followTrustAnchors, readTrustAnchors } from './trust-anchors.ts';

const [before, after] = [createCertificateMill(), createCertificateMill()];

test('a good file is taken over live, a bad one is reported once and changes nothing', async () => {
  await using directory = await TemporaryDirectory.create();
  const file = await directory.write('anchors.pem', before.trustAnchorsPem);
  const credentials = new CredentialCell(await readTrustAnchors(file), before.leaf('web.shop'));
  const lines: string[] = [];
  const log = createLogger({ name: 'test', level: 'info', write: (line) => void lines.push(line) });
  const clock = new FakeClock();
  const abort = new AbortController();
  const following = followTrustAnchors({ file, credentials, clock, log, signal: abort.signal });
  const poll = async (): Promise<void> => {
    await eventually(() => expect(clock.pendingTimers).toBe(1));
    clock.advance(5_000);
    await eventually(() => expect(clock.pendingTimers).toBe(1));
  };

  await poll();
  expect(credentials.value.generation).toBe(0);
  await directory.write('anchors.pem', before.trustAnchorsPem + after.trustAnchorsPem);
  await poll();
  expect(credentials.value).toMatchObject({ generation: 1, trustAnchors: { length: 2 } });
  await directory.write('anchors.pem', 'nonsense');
  await poll();
  await poll();
  expect(credentials.value.generation).toBe(1);
  expect(lines.filter((line) => line.includes('stay as they were'))).toHaveLength(1);
  abort.abort();
  await following;
});

test('a file that is no bundle is refused', async () => {
  await using directory = await TemporaryDirectory.create();
  const file = await directory.write('anchors.pem', 'nonsense');
  await expect(readTrustAnchors(file)).rejects.toThrow('is not a bundle of trust anchors');
});
