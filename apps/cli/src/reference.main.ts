/** Writes docs/reference/cli.md from the definitions of the commands. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Argument, Command, Option } from 'commander';
import { categories } from './check/categories.ts';
import { injectSettings } from './inject/settings.ts';
import { createProgram } from './run.ts';

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0 ? '' : `${[row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n')}\n\n`;

const clusterOptions = new Set(['kubeconfig', 'context', 'linkerdNamespace']);

const optionRow = (option: Option): readonly string[] => {
  const choices = option.argChoices === undefined ? '' : ` (${option.argChoices.join(', ')})`;
  const isPlain = ['string', 'number', 'boolean'].includes(typeof option.defaultValue);
  const standard = isPlain ? (option.defaultValueDescription ?? String(option.defaultValue)) : '';
  return [`\`${option.flags}\``, option.description + choices, standard === '' ? '' : `\`${standard}\``];
};

const argumentRow = (argument: Argument): readonly string[] => {
  const name = argument.variadic ? `${argument.name()}…` : argument.name();
  return [`\`${name}\``, argument.description, argument.required ? '' : 'may be left out'];
};

const section = (command: Command, above: string): string => {
  const path = `${above} ${command.name()}`.trim();
  const help = command.createHelp();
  const own = help.visibleOptions(command).filter((option) => option.long !== '--help');
  const isOfCluster = own.some((option) => clusterOptions.has(option.attributeName()));
  const rows = own.filter((option) => !clusterOptions.has(option.attributeName())).map(optionRow);
  const children = help.visibleCommands(command).map((child) => section(child, path));
  if (children.length > 0) return children.join('');
  return [
    `## ${path}\n\n${capital(command.description())}.\n\n`,
    table(['Argument', '', ''], command.registeredArguments.map(argumentRow)),
    table(['Option', '', 'Default'], rows),
    isOfCluster ? 'Asks a cluster, and takes the [options of a cluster](#the-cluster).\n\n' : '',
  ].join('');
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const program = createProgram({ out: () => {}, error: () => {} }, () => {});
const upgrade = program.commands.find((command) => command.name() === 'upgrade');
const shared = (upgrade?.options ?? []).filter((option) => clusterOptions.has(option.attributeName()));

const checks = table(
  ['Category', 'Check', 'Part of'],
  categories.flatMap(({ name, when, checks: all }) => {
    const modes = [
      ...(when({ isPre: true, isProxy: false }) ? ['`--pre`'] : []),
      ...(when({ isPre: false, isProxy: false }) ? ['`check`'] : []),
      ...(when({ isPre: false, isProxy: true }) ? ['`--proxy`'] : []),
    ];
    return all.map((check) => [name, check.name, modes.join(', ')]);
  }),
);

writeFileSync(
  join(import.meta.dirname, '../../../docs/reference/cli.md'),
  `# The command line

Generated from the definitions of the commands (\`apps/cli\`); \`pnpm generate\` writes it.

Commands end with 0 when it is done or the answer is yes, with 1 when it failed or the answer is no, with 64 when they were called wrongly. Answers go to the standard output, everything else to the standard error, so that \`heddle install | kubectl apply -f -\` works.

## The cluster

Commands that ask a cluster find it as kubectl does; programs for credentials (\`exec\`) and several files in \`KUBECONFIG\` work, an HTTP proxy, \`insecure-skip-tls-verify\` and user names with passwords are refused with a message. They only read: what changes a cluster is written as YAML for kubectl.

${table(['Option', '', 'Default'], shared.map(optionRow))}Ports of pods are reached through the API server (WebSocket), which takes the right \`create\` on \`pods/portforward\`; the control plane answers its own pod's loopback in clear while the value \`cleartextFromLoopback\` is true.

\`heddle install\` and \`heddle upgrade\` run Helm (3.13 or newer), \`helm\` on PATH or the program that \`HEDDLE_HELM\` names.

${section(program, '')}## What check looks at

An error makes the exit code 1, a warning does not. A certificate is near its end, and that is an error, when a fifth of its life is left, or sixty days, whichever is less: an issuer of 48 h that cert-manager renews never comes near it, one of a year is told sixty days ahead. Errors that may mend themselves, as a Deployment that is starting, are waited for (\`--wait\`).

${checks}## What inject sets

${table(
  ['Option', 'Annotation'],
  injectSettings.map(({ option, annotation }) => [`\`--${option}\``, `\`${annotation}\``]),
)}`.trimEnd() + '\n',
);
