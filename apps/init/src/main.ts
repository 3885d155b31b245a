import { runProcess } from '@heddle/runtime';
import { run } from './run.ts';

await runProcess('init', () => run(process.argv.slice(2)));
