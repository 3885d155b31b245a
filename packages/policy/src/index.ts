export { type CompiledPolicy, compilePolicy, type PolicyOptions } from './compile.ts';
export { type ConnectionPolicy, forConnection } from './connection-policy.ts';
export { decideHttp, decideTcp } from './decide.ts';
export { type FilterContext, type FilterOutcome, runFilters } from './filters.ts';
export type * from './model.ts';
export { type Deny, type DenyReason, denials, type Permit, type RouteFilter, type Verdict } from './verdict.ts';
