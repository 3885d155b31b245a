export { type CompiledPolicy, compilePolicy, type PolicyOptions } from './compile.ts';
export { type ConnectionPolicy, forConnection } from './connection-policy.ts';
export { decideHttp, decideTcp } from './decide.ts';
export { type FilterContext, type FilterOutcome, runFilters } from './filters.ts';
export { compilePath, matchPath } from './match-path.ts';
export type * from './model.ts';
export { compileRegex } from './regex.ts';
export { type Deny, type DenyReason, denials, type Permit, type RouteFilter, type Verdict } from './verdict.ts';
