/** Completion for fish, with descriptions. */
import { allCommands, type CommandNode, type OptionNode } from './tree.ts';

export const fishCompletion = (root: CommandNode): string => {
  const nodes = allCommands(root);
  const steps = nodes.slice(1).map(({ path }) => quoted(path));
  return `# fish completion for heddle: heddle completion fish > ~/.config/fish/completions/heddle.fish
function __heddle_at
  set -l at heddle
  for word in (commandline -opc)[2..]
    switch "$at $word"
      case ${steps.join(' ')}
        set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
${nodes.flatMap(linesOf).join('')}`;
};

const linesOf = (node: CommandNode): readonly string[] => {
  const condition = `complete -c heddle -n "__heddle_at ${quoted(node.path)}"`;
  return [
    ...node.commands.map(({ name, description }) => `${condition} -f -a ${name} -d ${quoted(description)}\n`),
    ...node.options.map((option) => `${condition} ${optionWords(option)} -d ${quoted(option.description)}\n`),
  ];
};

const optionWords = ({ names, takesValue, choices }: OptionNode): string => {
  const words = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  if (choices.length > 0) words.push(`-x -a ${quoted(choices.join(' '))}`);
  else if (takesValue) words.push('-r');
  return words.join(' ');
};

const quoted = (text: string): string => `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
