/** Settings of a peer, flow-control windows, and the table of faults. */
import { describe, expect, test } from 'vitest';
import { http2Fault, http2Faults } from './fault.ts';
import { ReceiveWindow, SendWindow } from './flow-window.ts';
import { maxWindowBytes } from './protocol.ts';
import { PeerSettings } from './settings.ts';

const payload = (id: number, value: number): Buffer => {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt32BE(value, 2);
  return bytes;
};

test.each<[id: number, value: number, isFromServer: boolean, fault: string | undefined]>([
  [1, 0, false, undefined],
  [2, 1, false, undefined],
  [2, 1, true, 'bad-setting'],
  [2, 2, false, 'bad-setting'],
  [3, 0xffff_ffff, false, undefined],
  [4, maxWindowBytes, false, undefined],
  [4, maxWindowBytes + 1, false, 'bad-initial-window'],
  [5, 16_383, false, 'bad-setting'],
  [5, 16_384, false, undefined],
  [5, 0xff_ffff, false, undefined],
  [5, 0x100_0000, false, 'bad-setting'],
  [6, 0, false, undefined],
  [0xbeef, 0xffff_ffff, false, undefined],
])('setting %i = %i (from a server: %s) is %s', (id, value, isFromServer, fault) => {
  expect(new PeerSettings().apply(payload(id, value), 0, 6, isFromServer)).toBe(fault);
});

test('settings apply in order; the last of a kind holds', () => {
  const settings = new PeerSettings();
  const bytes = Buffer.concat([payload(3, 1), payload(4, 10), payload(3, 7), payload(1, 0), payload(5, 20_000)]);
  expect(settings.apply(bytes, 0, bytes.length, true)).toBeUndefined();
  expect(settings).toMatchObject({
    maxConcurrentStreams: 7,
    initialWindowBytes: 10,
    headerTableSize: 0,
    maxFrameBytes: 20_000,
  });
});

describe('windows', () => {
  test('a send window may go below zero, and not above 2^31 - 1', () => {
    const window = new SendWindow(100);
    window.consume(80);
    expect(window.adjust(-50)).toBe(true);
    expect(window.available).toBe(-30);
    expect(window.adjust(maxWindowBytes + 30)).toBe(true);
    expect(window.adjust(1)).toBe(false);
    expect(window.available).toBe(maxWindowBytes);
  });

  test('a receive window refuses what exceeds it, and announces credit by halves', () => {
    const window = new ReceiveWindow(100);
    expect(window.receive(60)).toBe(true);
    window.credit(40);
    expect(window.takeIncrement()).toBe(0);
    window.credit(20);
    expect(window.takeIncrement()).toBe(60);
    expect(window.takeIncrement()).toBe(0);
    expect(window.receive(100)).toBe(true);
    expect(window.receive(1)).toBe(false);
  });

  test('a window larger than what the peer assumes is announced at once', () => {
    const window = new ReceiveWindow(1 << 20, 65_535);
    expect(window.takeIncrement()).toBe((1 << 20) - 65_535);
  });
});

test('every fault names its section and says what is wrong', () => {
  for (const fault of http2Faults) {
    expect(fault.section).toMatch(/^\d+(\.\d+)*$/);
    expect(fault.text.length).toBeGreaterThan(10);
    expect(http2Fault(fault.name)).toBe(fault);
  }
});
