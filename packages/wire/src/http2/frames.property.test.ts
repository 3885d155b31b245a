import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  encodeGoaway,
  encodePing,
  encodeRstStream,
  encodeSettings,
  encodeSettingsAck,
  encodeWindowUpdate,
} from './frame-encoder.ts';
import { FrameType } from './protocol.ts';
import { clientStart, eventsOf, frame, settingsFrame } from './testing.ts';

const payload = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
const streamId = fc.constantFrom(0, 1, 2, 3, 5);
/** Any frame at all; most are in order, so that sequences get far. */
const anyFrame = fc.oneof(
  { weight: 1, arbitrary: fc.tuple(fc.nat(12), fc.nat(255), streamId, payload).map((parts) => frame(...parts)) },
  {
    weight: 6,
    arbitrary: fc.oneof(
      fc.tuple(fc.constantFrom(0, 1), payload).map(([flags, bytes]) => frame(FrameType.data, flags, 1, bytes)),
      fc
        .tuple(fc.constantFrom(8, 9), payload)
        .map(([flags, bytes]) =>
          frame(FrameType.data, flags, 3, Buffer.concat([Buffer.from([bytes.length >> 1]), bytes])),
        ),
      fc.tuple(fc.constantFrom(4, 5), payload).map(([flags, bytes]) => frame(FrameType.headers, flags, 1, bytes)),
      fc
        .array(payload, { maxLength: 3 })
        .map((parts) =>
          Buffer.concat([
            frame(FrameType.headers, 0, 5),
            ...parts.map((bytes) => frame(FrameType.continuation, 0, 5, bytes)),
            frame(FrameType.continuation, 4, 5, 'x'),
          ]),
        ),
      fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => frame(FrameType.ping, 0, 0, Buffer.from(bytes))),
      payload.map((bytes) => frame(0x42, 0, 0, bytes)),
    ),
  },
);

const splitAt = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const bounds = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return bounds.slice(1).map((end, i) => bytes.subarray(bounds[i], end));
};

test('any split of the input gives the same events', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 12 }), (frames, cuts) => {
      const bytes = Buffer.concat([clientStart, ...frames]);
      const whole = eventsOf(true, [bytes]);
      expect(eventsOf(true, splitAt(bytes, cuts))).toEqual(whole);
      expect(eventsOf(true, splitAt(bytes, Array.from(bytes.keys())))).toEqual(whole);
    }),
    { numRuns: 300 },
  );
});

test('any bytes end in events or a fault, never in an exception, and the decoder holds on to little', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), fc.boolean(), (chunks, isServer) => {
      const start = isServer ? clientStart : settingsFrame();
      const events = eventsOf(isServer, [start, ...chunks.map((chunk) => Buffer.from(chunk))]);
      expect(events[0]).toBe('settings ');
    }),
    { numRuns: 500 },
  );
});

test('what the encoders write is read back', () => {
  const uint31 = fc.integer({ min: 1, max: 0x7fff_ffff });
  const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(
    fc.property(uint31, uint31, uint32, fc.integer({ min: 7, max: 0xffff }), (id, increment, code, setting) => {
      const out = Buffer.alloc(200);
      let at = encodeSettings(out, 0, [[setting, code]]);
      at = encodeSettingsAck(out, at);
      at = encodeRstStream(out, at, id, code);
      at = encodeWindowUpdate(out, at, id, increment);
      at = encodePing(out, at, true, Buffer.from('__01234567'), 2);
      at = encodeGoaway(out, at, id, code);
      expect(eventsOf(false, [out.subarray(0, at)])).toEqual([
        `settings ${setting.toString(16).padStart(4, '0')}${code.toString(16).padStart(8, '0')}`,
        'settings ack',
        `rst ${id} ${code}`,
        `window ${id} ${increment}`,
        'ping ack 3031323334353637',
        `goaway ${id} ${code} `,
      ]);
    }),
  );
});
