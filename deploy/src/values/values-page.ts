/** The reference page of a chart's values. */
import { type DocumentedValue, describedValues } from './values-file.ts';

export const pageFrom = (heading: string, introduction: string, documented: readonly DocumentedValue[]): string => {
  const described = describedValues(documented);
  const sections = [...new Set(described.map(({ section }) => section))];
  return [
    `# ${heading}`,
    introduction,
    ...sections.map((section) => {
      const rows = described.filter((value) => value.section === section).map(rowFrom);
      return [`## ${section}`, '', '| Value | Default | |', '| --- | --- | --- |', ...rows].join('\n');
    }),
    '',
  ].join('\n\n');
};

const rowFrom = (value: DocumentedValue): string =>
  `| \`${value.path.join('.')}\` | ${defaultOf(value)} | ${value.description.replaceAll('|', '\\|')}${choicesOf(value)} |`;

const defaultOf = ({ defaultWords, value }: DocumentedValue): string => {
  if (defaultWords !== undefined) return defaultWords;
  if (value === '' || isEmpty(value)) return '–';
  return `\`${typeof value === 'string' ? value : JSON.stringify(pruned(value))}\``;
};

const choicesOf = ({ schema }: DocumentedValue): string => {
  const choices = schema['enum'];
  if (!Array.isArray(choices)) return '';
  const words = choices.filter((each) => typeof each === 'string' && each !== '').map((each) => `\`${String(each)}\``);
  return `. One of ${words.join(', ')}`;
};

/** Nothing, or only what holds nothing. */
const isEmpty = (value: unknown): boolean =>
  value === '' || (typeof value === 'object' && value !== null && Object.values(value).every(isEmpty));

const pruned = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(pruned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => !isEmpty(each))
      .map(([key, each]) => [key, pruned(each)]),
  );
};
