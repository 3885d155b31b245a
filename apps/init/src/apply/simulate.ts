/** A runner that reads the real rules and only prints what would change them. */
import { describeCommand, type RunCommand } from './command.ts';

/** Rules that cannot be read (without privileges, say) are taken to be none. */
export const simulatingRunner =
  (run: RunCommand, print: (command: string) => void): RunCommand =>
  async (command) => {
    if (command.program.endsWith('-save')) {
      const saved = await run(command);
      return saved.kind === 'ok' ? saved : { kind: 'ok', stdout: '' };
    }
    print(describeCommand(command));
    return { kind: 'ok', stdout: '' };
  };
