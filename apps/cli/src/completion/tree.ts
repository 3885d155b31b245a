/** What can be completed: commands, their options, and the choices of those, read from the definitions themselves. */
import type { Command, Option } from 'commander';

export interface CommandNode {
  /** `heddle policy check`. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  readonly commands: readonly CommandNode[];
  readonly options: readonly OptionNode[];
  /** Whether it takes arguments that may be files. */
  readonly takesArguments: boolean;
}

export interface OptionNode {
  /** `-o` and `--output`, as far as it has them. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export const commandTree = (command: Command, above = ''): CommandNode => {
  const path = above === '' ? command.name() : `${above} ${command.name()}`;
  const help = command.createHelp();
  return {
    path,
    name: command.name(),
    description: command.description(),
    commands: help.visibleCommands(command).map((child) => commandTree(child, path)),
    options: help.visibleOptions(command).map(optionNode),
    takesArguments: command.registeredArguments.length > 0,
  };
};

const optionNode = (option: Option): OptionNode => ({
  names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
  description: option.description,
  takesValue: option.required || option.optional,
  choices: option.argChoices ?? [],
});

/** A node and all below it. */
export const allCommands = (node: CommandNode): readonly CommandNode[] => [
  node,
  ...node.commands.flatMap((child) => allCommands(child)),
];
