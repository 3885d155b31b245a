import { runProcess } from '@heddle/runtime';
import { run } from './run.ts';

await runProcess('injector', () => run(process.env));
