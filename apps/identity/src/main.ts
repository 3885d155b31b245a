import { runProcess } from '@heddle/runtime';
import { run } from './run.ts';

await runProcess('identity', () => run(process.env));
