#!/usr/bin/env node
import { exitCodes } from './output.ts';
import { run } from './run.ts';

try {
  const code = await run(process.argv.slice(2));
  // Commands that run for long set the exit code themselves.
  if (code !== exitCodes.ok) process.exitCode = code;
} catch (error) {
  process.stderr.write(`heddle: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = exitCodes.failed;
}
