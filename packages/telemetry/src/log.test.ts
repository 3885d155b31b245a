import { expect, test } from 'vitest';
import { createLogger } from './log.ts';

test('lines carry level, time and name, and the level changes while running', () => {
  const lines: string[] = [];
  const log = createLogger({ name: 'proxy', level: 'warn', write: (line) => lines.push(line) });
  log.info('unheard');
  log.level = 'info';
  log.info({ port: 80 }, 'policy');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', name: 'proxy', msg: 'policy', port: 80 });
  expect(JSON.parse(lines[0] ?? '').ts).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
});
