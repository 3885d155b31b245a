/**
 * The part of the Dockerfile language that the images need: the last stage's FROM (another image or an earlier stage), COPY, ENV, USER, WORKDIR and
 * ENTRYPOINT. So that the Dockerfiles are the one description of an image, whether docker, buildah or `pnpm images`
 * makes it. Anything else in the last stage is an error.
 */

export interface ImageRecipe {
  /** The reference after FROM; undefined for `scratch`. */
  readonly base: string | undefined;
  readonly copies: readonly Copy[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly workdir: string | undefined;
  readonly entrypoint: readonly string[] | undefined;
}

export interface Copy {
  /** The stage it is from; undefined for the build context. */
  readonly stage: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

/** @param args build arguments; they override the defaults of ARG */
export const readDockerfile = (text: string, args: Readonly<Record<string, string>>): ImageRecipe => {
  const lines = text.replaceAll(/\\\n/g, ' ').split('\n');
  const instructions = lines.flatMap((line) => {
    const match = /^([A-Z]+) +(.*)$/.exec(line);
    return match === null ? [] : [{ name: match[1] ?? '', rest: (match[2] ?? '').trim() }];
  });
  const variables = new Map<string, string>();
  for (const { name, rest } of instructions) {
    if (name !== 'ARG') continue;
    const [key = '', value = ''] = rest.split('=', 2);
    variables.set(key, args[key] ?? value);
  }
  const filled = (value: string): string =>
    value.replaceAll(/\$\{(\w+)\}/g, (_, key: string) => {
      const known = variables.get(key);
      if (known === undefined) throw new Error(`the Dockerfile names ${key}, which no ARG declares`);
      return known;
    });
  const copies: Copy[] = [];
  const env: Record<string, string> = {};
  let base: string | undefined;
  let user: string | undefined;
  let workdir: string | undefined;
  let entrypoint: readonly string[] | undefined;
  for (const { name, rest } of lastStage(instructions)) {
    const value = filled(rest);
    if (name === 'FROM') base = baseFrom(value);
    else if (name === 'COPY') copies.push(copyFrom(value));
    else if (name === 'ENV')
      Object.assign(env, Object.fromEntries(value.split(/ +/).map((each) => each.split('=', 2))));
    else if (name === 'USER') user = value;
    else if (name === 'WORKDIR') workdir = value;
    else if (name === 'ENTRYPOINT') entrypoint = JSON.parse(value) as string[];
    else if (name !== 'ARG') throw new Error(`${name} is not understood in the last stage of a Dockerfile`);
  }
  return { base, copies, env, user, workdir, entrypoint };
};

/** `REFERENCE`, `REFERENCE AS STAGE` or `scratch`. */
const baseFrom = (value: string): string | undefined => {
  const [reference] = value.split(' AS ');
  return reference === 'scratch' ? undefined : reference;
};

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** After those of the earlier stage that it is FROM, if it is. */
const lastStage = (instructions: readonly Instruction[]): readonly Instruction[] => {
  const start = instructions.findLastIndex(({ name }) => name === 'FROM');
  const [from, ...rest] = instructions.slice(start);
  const earlier = instructions.findIndex((each) => each.name === 'FROM' && each.rest.endsWith(` AS ${from?.rest}`));
  if (earlier < 0) return instructions.slice(start);
  const end = instructions.findIndex(({ name }, index) => index > earlier && name === 'FROM');
  return [...lastStage(instructions.slice(0, end)), ...rest];
};

const copyFrom = (value: string): Copy => {
  const words = value.split(/ +/);
  const flags = words.filter((word) => word.startsWith('--'));
  const paths = words.slice(flags.length);
  const stage = flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length);
  if (flags.length > (stage === undefined ? 0 : 1)) throw new Error(`COPY ${value}: only --from is understood`);
  return { stage, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
};
