/** An explanation as people read it: the verdict first, then what was looked at, then what to do. */
import { denials, formatRule, type Missing, type Verdict } from '@heddle/policy';
import type { Explained } from './explain.ts';

export const explanationText = ({ client, target, policy, request, explanation }: Explained): string => {
  const { verdict, routes, authorizations, nearest, suggestion } = explanation;
  const lines = [
    headline(verdict),
    `  request  ${request === undefined ? 'a TCP connection' : `${request.method} ${request.target} (host ${request.authority})`}`,
    `  client   ${client.text}`,
    `  port     ${target.namespace}/${target.pod}:${target.port}, ${formatRule(policy.server)}, ${policy.protocol.kind}`,
    `  decided  ${decider(verdict)}`,
  ];
  if (routes.length > 0) lines.push('', 'routes of the port');
  for (const { route, isDeciding, missing } of routes) {
    lines.push(`  ${mark(isDeciding)} ${formatRule(route)}${isDeciding ? '' : lacking(missing)}`);
  }
  if (authorizations.length > 0) lines.push('', 'authorizations that count');
  for (const { authorization, scope, missing } of authorizations) {
    lines.push(`  ${mark(missing.length === 0)} ${formatRule(authorization)} (of the ${scope})${lacking(missing)}`);
  }
  if (nearest.length > 0) lines.push('', 'nearest ways in');
  for (const { route, authorization, missing } of nearest) {
    const rules = [route, authorization].filter((rule) => rule !== undefined).map(formatRule);
    lines.push(`  ${rules.join(' + ')}${lacking(missing)}`);
  }
  if (suggestion !== undefined) lines.push('', `to allow it: ${suggestion.text}`);
  return `${lines.join('\n')}\n${suggestion?.yaml === undefined ? '' : `\n${suggestion.yaml}`}`;
};

const headline = (verdict: Verdict): string => {
  if (verdict.kind === 'permit') return verdict.isAudit ? 'PERMIT, by audit only' : 'PERMIT';
  const { httpStatus, text } = denials[verdict.reason];
  return `DENY ${httpStatus} ${text}`;
};

const decider = (verdict: Verdict): string => {
  const where = [verdict.server, verdict.route].filter((rule) => rule !== undefined).map(formatRule);
  if (verdict.kind === 'permit') return `${formatRule(verdict.authorization)}, on ${where.at(-1)}`;
  return `${where.at(-1)} (${denials[verdict.reason].text})`;
};

const mark = (isHeld: boolean): string => (isHeld ? '+' : '-');

const lacking = (missing: readonly Missing[]): string =>
  missing.length === 0 ? '' : `: ${missing.map(describe).join('; ')}`;

const describe = (missing: Missing): string => {
  switch (missing.kind) {
    case 'host':
    case 'path':
    case 'method':
    case 'network':
    case 'identity':
      return `wants ${missing.kind} ${missing.wanted}`;
    case 'header':
      return `wants header ${missing.name}: ${missing.wanted}`;
    case 'query':
      return `wants query parameter ${missing.name}=${missing.wanted}`;
    case 'tls':
      return 'wants mesh TLS';
    case 'precedence':
      return `gives way to the more specific ${formatRule(missing.takenBy)}`;
    case 'plainPath':
      return missing.readings.length === 0
        ? 'wants a path with one reading'
        : `wants a path with one reading, and this one may also be read ${missing.readings.join(', ')}`;
    case 'validRule':
      return `the rule cannot be evaluated: ${missing.problems.join(', ')}`;
    case 'http':
      return 'wants HTTP';
  }
};
