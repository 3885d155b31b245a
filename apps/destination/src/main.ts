import { runProcess } from '@heddle/runtime';
import { run } from './run.ts';

await runProcess('destination', () => run(process.env));
