/** Completion for bash: a function that walks the words to the command, then offers what it takes. */
import { allCommands, type CommandNode } from './tree.ts';

export const bashCompletion = (root: CommandNode): string => {
  const nodes = allCommands(root);
  const steps = nodes.slice(1).map(({ path }) => `'${path}'`);
  return `# bash completion for heddle; try it with: source <(heddle completion bash)
_heddle() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} at=heddle word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
      ${steps.join('|')}) at="$at $word" ;;
    esac
  done
  COMPREPLY=()
  case "$at:$previous" in
${nodes.flatMap(choicesOf).join('')}  esac
  case "$at" in
${nodes.map((node) => `    '${node.path}') COMPREPLY=($(compgen -W '${wordsOf(node)}' -- "$current")) ;;\n`).join('')}  esac
}
complete -o default -F _heddle heddle
`;
};

const choicesOf = ({ path, options }: CommandNode): readonly string[] =>
  options.flatMap(({ names, takesValue, choices }) => {
    if (!takesValue) return [];
    const patterns = names.map((name) => `'${path}:${name}'`).join('|');
    const offer = choices.length === 0 ? '' : `COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$current")); `;
    return [`    ${patterns}) ${offer}return ;;\n`];
  });

const wordsOf = ({ commands, options }: CommandNode): string =>
  [...commands.map(({ name }) => name), ...options.flatMap(({ names }) => names)].join(' ');
