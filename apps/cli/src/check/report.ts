/** The results of checks as people and programs read them. */
import type { CategoryResult, CheckResult } from './run-checks.ts';
import { hasErrors } from './run-checks.ts';

export type ReportForm = 'table' | 'short' | 'json';

const maxLines = 20;
const marks = { ok: '√', warning: '‼', error: '×', skipped: '-' } as const;

export const reportText = (results: readonly CategoryResult[], form: ReportForm): string => {
  if (form === 'json') return jsonReport(results);
  const isShown = ({ finding }: CheckResult): boolean =>
    form === 'table' || finding.kind === 'warning' || finding.kind === 'error';
  const parts = results.flatMap(({ name, checks }) => {
    const shown = checks.filter(isShown);
    return shown.length === 0 ? [] : [`${name}\n${'-'.repeat(name.length)}\n${shown.map(checkText).join('')}`];
  });
  return `${[...parts, `Status check results are ${hasErrors(results) ? '×' : '√'}`].join('\n')}\n`;
};

const checkText = ({ name, finding }: CheckResult): string => {
  const head = `${marks[finding.kind]} ${name}`;
  switch (finding.kind) {
    case 'ok':
      return `${head}${finding.note === undefined ? '' : ` (${finding.note})`}\n`;
    case 'skipped':
      return `${head}: does not apply, ${finding.reason}\n`;
    case 'warning':
    case 'error':
      return `${head}\n${indented(finding.lines)}    next: ${finding.hint.replaceAll('\n', '\n    ')}\n`;
  }
};

const indented = (lines: readonly string[]): string => {
  const more = lines.length > maxLines ? [`and ${lines.length - maxLines} more; -o json has them all`] : [];
  return [...lines.slice(0, maxLines), ...more].map((line) => `    ${line}\n`).join('');
};

/** The shape of Linkerd's. */
const jsonReport = (results: readonly CategoryResult[]): string => {
  const categories = results.map(({ name, checks }) => ({
    categoryName: name,
    checks: checks.map(({ name: description, finding }) => ({
      description,
      result: finding.kind === 'ok' ? 'success' : finding.kind,
      ...(finding.kind === 'ok' && finding.note !== undefined && { note: finding.note }),
      ...(finding.kind === 'skipped' && { reason: finding.reason }),
      ...((finding.kind === 'error' || finding.kind === 'warning') && {
        error: finding.lines.join('\n'),
        hint: finding.hint,
      }),
    })),
  }));
  return `${JSON.stringify({ success: !hasErrors(results), categories }, undefined, 2)}\n`;
};
