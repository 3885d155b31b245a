/** Requests from inside a workload's namespace: sent by this program, run there as the workload's user. */
import { execFile } from 'node:child_process';
import { bundle } from '../bundles.ts';
import type { Isolation } from '../isolation.ts';
import type { PlannedWorkload } from '../plan.ts';
import { type Answer, answerTimeoutMs, type SentRequest, sendRequest } from '../send.ts';

/** `heddle local send REQUEST`, which people are not told of: sends it and prints the answer, both as JSON. */
export const sendCommandName = 'send';

export const sendAndPrint = async (request: string): Promise<void> => {
  process.stdout.write(JSON.stringify(await sendRequest(JSON.parse(request) as SentRequest)));
};

/** Sends as the application of `workload` would. */
export const sendInside = (isolation: Isolation, workload: PlannedWorkload, request: SentRequest): Promise<Answer> => {
  const command = [process.execPath, bundle('cli'), 'local', sendCommandName, JSON.stringify(request)] as const;
  const [program, ...args] = isolation.asApplication(workload, command);
  return new Promise((resolve) => {
    execFile(program, args, { timeout: answerTimeoutMs * 2 }, (error, stdout, stderr) => {
      resolve(error === null ? (JSON.parse(stdout) as Answer) : { kind: 'closed', reason: stderr || error.message });
    });
  });
};
