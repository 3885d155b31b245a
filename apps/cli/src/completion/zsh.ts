/** Completion for zsh, with descriptions. */
import { allCommands, type CommandNode } from './tree.ts';

export const zshCompletion = (root: CommandNode): string => {
  const nodes = allCommands(root);
  const steps = nodes.slice(1).map(({ path }) => quoted(path));
  return `#compdef heddle
# zsh completion for heddle; put it into a folder of $fpath as _heddle: heddle completion zsh > "\${fpath[1]}/_heddle"
_heddle() {
  local at=heddle word
  local -a entries
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      ${steps.join('|')}) at="$at $word" ;;
    esac
  done
  case "$at:\${words[CURRENT-1]}" in
${nodes.flatMap(choicesOf).join('')}  esac
  case "$at" in
${nodes.map((node) => `    ${quoted(node.path)}) entries=(${entriesOf(node)}) ;;\n`).join('')}  esac
  _describe heddle entries
  _files
}
if [ "$funcstack[1]" = _heddle ]; then _heddle "$@"; else compdef _heddle heddle; fi
`;
};

const choicesOf = ({ path, options }: CommandNode): readonly string[] =>
  options.flatMap(({ names, takesValue, choices }) => {
    if (!takesValue) return [];
    const patterns = names.map((name) => quoted(`${path}:${name}`)).join('|');
    return [`    ${patterns}) ${choices.length === 0 ? '_files' : `compadd ${choices.join(' ')}`}; return ;;\n`];
  });

const entriesOf = ({ commands, options }: CommandNode): string =>
  [
    ...commands.map(({ name, description }) => entry(name, description)),
    ...options.flatMap(({ names, description }) => names.map((name) => entry(name, description))),
  ].join(' ');

const entry = (name: string, description: string): string =>
  quoted(`${name}:${description.replaceAll(':', String.raw`\:`)}`);

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
