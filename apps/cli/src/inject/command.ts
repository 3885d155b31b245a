/** `heddle inject` and `heddle uninject`: manifests in, manifests out. The cluster is not asked. */
import { type EditableDocument, editYaml } from '@heddle/manifests';
import { Command } from 'commander';
import { exitCodes, type Output } from '../output.ts';
import { injectAnnotation, injectDocument, type Report, uninjectDocument } from './annotate.ts';
import { injectSettings, optionKey } from './settings.ts';
import { readSources, type Source } from './sources.ts';

type Finish = (exitCode: number) => void;
type InjectOptions = { readonly ingress?: boolean } & Readonly<Record<string, string | boolean | undefined>>;

export const injectCommand = (output: Output, finish: Finish): Command => {
  const inject = new Command('inject')
    .description('add the annotations that make pods part of the mesh; pipe the result to kubectl apply -f -')
    .argument('<path...>', 'manifests: files, folders, or - for what is piped in')
    .option('--ingress', 'route by the Host header and l5d-dst-override, as an ingress controller needs');
  for (const { option, value, help } of injectSettings) inject.option(`--${option} <${value}>`, help);
  return inject.action(async (paths: readonly string[], options: InjectOptions) => {
    const annotations = annotationsFrom(options);
    const sources = await readSources(paths);
    finish(rewrite(sources, output, 'injected', (document) => injectDocument(document, annotations)));
  });
};

export const uninjectCommand = (output: Output, finish: Finish): Command =>
  new Command('uninject')
    .description('take away the annotations that make pods part of the mesh')
    .argument('<path...>', 'manifests: files, folders, or - for what is piped in')
    .action(async (paths: readonly string[]) => {
      finish(rewrite(await readSources(paths), output, 'uninjected', uninjectDocument));
    });

const annotationsFrom = (options: InjectOptions): Readonly<Record<string, string>> => ({
  [injectAnnotation]: options.ingress === true ? 'ingress' : 'enabled',
  ...Object.fromEntries(
    injectSettings.flatMap(({ option, annotation }) => {
      const value = options[optionKey(option)];
      return typeof value === 'string' ? [[annotation, value]] : [];
    }),
  ),
});

/** Writes the changed manifests, or nothing when one of them cannot be read. */
const rewrite = (
  sources: readonly Source[],
  output: Output,
  changed: string,
  edit: (document: EditableDocument) => readonly Report[],
): number => {
  const texts: string[] = [];
  const reports: Report[] = [];
  for (const { name, text } of sources) {
    const edited = editYaml(text, (document) => void reports.push(...edit(document)));
    if (edited.kind === 'invalid') {
      output.error(`${name}:${edited.line}: ${edited.message}\nnothing was written; mend the file and try again\n`);
      return exitCodes.failed;
    }
    texts.push(edited.text);
  }
  output.out(joined(texts));
  output.error(`\n${reports.map((report) => reportLine(report, changed)).join('')}`);
  if (reports.length === 0) output.error('no object here stands for pods; everything was passed through\n');
  output.error('\n');
  return exitCodes.ok;
};

/** As one stream of documents. */
const joined = (texts: readonly string[]): string =>
  texts
    .map((text) => (text.endsWith('\n') || text === '' ? text : `${text}\n`))
    .map((text, index) => (index === 0 || /^(?:#[^\n]*\n|\s*\n)*---/.test(text) ? text : `---\n${text}`))
    .join('');

const reportLine = ({ kind, name, outcome, note }: Report, changed: string): string => {
  const tail = note === undefined ? '' : `: ${note}`;
  return `${kind.toLowerCase()} "${name}" ${outcome === 'changed' ? changed : 'skipped'}${tail}\n`;
};
