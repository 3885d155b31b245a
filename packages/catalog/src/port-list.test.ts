import { expect, test } from 'vitest';
import { includesPort, parsePortList } from './port-list.ts';

test.each<[string, number, boolean]>([
  ['25', 25, true],
  ['25', 26, false],
  [' 25 , 26 ', 26, true],
  ['20-30', 20, true],
  ['20-30', 30, true],
  ['20-30', 31, false],
  ['30-20', 25, false],
  ['0', 0, false],
  ['65536', 65_536, false],
  ['1-99999', 5, false],
  ['25;26', 25, false],
  ['-25', 25, false],
  ['2.5e1', 25, false],
  ['', 25, false],
])('%j holds %i: %j', (text, port, expected) => {
  expect(includesPort(parsePortList(text), port)).toBe(expected);
});

test('names of ports', () => {
  const list = parsePortList('mysql,Bad Name,my-db');
  expect(list.names).toEqual(['mysql', 'my-db']);
  expect(includesPort(list, 1, ['web', 'my-db'])).toBe(true);
  expect(includesPort(list, 1, ['web'])).toBe(false);
});
