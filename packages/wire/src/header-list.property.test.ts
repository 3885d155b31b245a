import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeaderList } from './header-list.ts';

/** The same operations on a plain array of pairs: the oracle. */
const oracle = {
  append: (fields: [string, string][], name: string, value: string): [string, string][] => [...fields, [name, value]],
  set: (fields: [string, string][], name: string, value: string): [string, string][] => {
    const first = fields.findIndex((field) => field[0] === name);
    if (first < 0) return [...fields, [name, value]];
    return fields.flatMap((field, i): [string, string][] =>
      field[0] !== name ? [field] : i === first ? [[name, value]] : [],
    );
  },
  delete: (fields: [string, string][], name: string): [string, string][] => fields.filter((field) => field[0] !== name),
};

const name = fc.constantFrom('a', 'b', 'c', 'host');
const step = fc.oneof(
  fc.record({ op: fc.constant('append' as const), name, value: fc.string() }),
  fc.record({ op: fc.constant('set' as const), name, value: fc.string() }),
  fc.record({ op: fc.constant('delete' as const), name, value: fc.constant('') }),
  fc.record({ op: fc.constant('deleteWhere' as const), name, value: fc.constant('') }),
  fc.record({ op: fc.constant('reset' as const), name, value: fc.constant('') }),
);

test('any sequence of changes leaves what the same changes leave in an array of pairs', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const list = new HeaderList();
      let fields: [string, string][] = [];
      for (const { op, name, value } of steps) {
        if (op === 'append') list.append(name, value);
        if (op === 'set') list.set(name, value);
        if (op === 'delete') expect(list.delete(name)).toBe(fields.some((field) => field[0] === name));
        if (op === 'deleteWhere') list.deleteWhere((other) => other === name);
        if (op === 'reset') list.reset();
        if (op === 'append' || op === 'set') fields = oracle[op](fields, name, value);
        else fields = op === 'reset' ? [] : oracle.delete(fields, name);

        expect(list.toArray()).toEqual(fields);
        const values = fields.filter((field) => field[0] === name).map((field) => field[1]);
        expect(list.getAll(name)).toEqual(values);
        expect(list.some(name, (other) => other === value)).toBe(values.includes(value));
        expect(list.count(name)).toBe(values.length);
        expect(list.get(name)).toBe(values[0]);
        expect(list.has(name)).toBe(values.length > 0);
      }
      const copy = HeaderList.from([['old', 'gone']]);
      copy.copyFrom(list);
      expect(copy.toArray()).toEqual(fields);
    }),
  );
});

test('outside the list there is nothing, also after it was longer', () => {
  const list = HeaderList.from([['a', '1']]);
  list.reset();
  list.setValueAt(0, 'ghost');
  expect([list.nameAt(0), list.valueAt(0), list.get('a')]).toEqual(['', '', undefined]);
  list.append('b', '2');
  list.setValueAt(0, '3');
  expect(list.toArray()).toEqual([['b', '3']]);
});
