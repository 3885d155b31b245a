import { expect, test } from 'vitest';
import { encodeFrame, FrameReader, opcode } from './frames.ts';

const bytes = (...list: readonly number[]): Buffer => Buffer.from(list);

test('a frame is masked, and the mask undone gives the payload', () => {
  const frame = encodeFrame(opcode.binary, Buffer.from('hello'));
  expect([...frame.subarray(0, 2)]).toEqual([0x82, 0x85]);
  const mask = frame.subarray(2, 6);
  const payload = frame.subarray(6).map((byte, index) => byte ^ (mask[index % 4] as number));
  expect(Buffer.from(payload).toString()).toBe('hello');
});

test('messages in one chunk, byte by byte, and in fragments', () => {
  const whole = bytes(0x82, 1, 65, 0x02, 1, 66, 0x89, 0, 0x80, 1, 67, 0x88, 0);
  const expected = [
    { kind: 'data', payload: Buffer.from('A') },
    { kind: 'ping', payload: Buffer.alloc(0) },
    { kind: 'data', payload: Buffer.from('BC') },
    { kind: 'close', payload: Buffer.alloc(0) },
  ];
  expect(new FrameReader().push(whole)).toEqual(expected);
  const reader = new FrameReader();
  expect([...whole].flatMap((byte) => reader.push(bytes(byte)))).toEqual(expected);
});

test.each([
  ['a mask', bytes(0x82, 0x81, 0, 0, 0, 0, 1)],
  ['an extension', bytes(0xc2, 0)],
  ['an unknown opcode', bytes(0x83, 0)],
  ['eight gigabytes', bytes(0x82, 127, 0, 0, 0, 2, 0, 0, 0, 0)],
])('%s breaks the stream for good', (_, chunk) => {
  const reader = new FrameReader();
  expect(reader.push(chunk)).toMatchObject([{ kind: 'invalid' }]);
  expect(reader.push(bytes(0x82, 1, 65))).toEqual([]);
});
