export { type CompiledPolicy, compilePolicy, type PolicyOptions } from './compile.ts';
export { type ConnectionPolicy, forConnection } from './connection-policy.ts';
export { decideHttp, decideTcp } from './decide.ts';
export {
  type DefaultPolicyName,
  type DefaultPolicyOptions,
  defaultAuthorizations,
  defaultPolicy,
  defaultPolicyNames,
} from './defaults.ts';
export {
  type AuthorizationAccount,
  type ExplainOptions,
  type Explanation,
  explain,
  type RouteAccount,
} from './explain.ts';
export { type FilterContext, type FilterOutcome, runFilters } from './filters.ts';
export { formatRule } from './format-rule.ts';
export { compilePath, matchPath } from './match-path.ts';
export type { Missing } from './missing.ts';
export type * from './model.ts';
export { RateLimiter, type RateLimiterOptions, type RateVerdict } from './rate-limit.ts';
export { compileRegex } from './regex.ts';
export { type RequestData, requestFrom } from './request-from.ts';
export { samePolicy } from './same-policy.ts';
export type { Suggestion } from './suggest.ts';
export { type Deny, type DenyReason, denials, type Permit, type RouteFilter, type Verdict } from './verdict.ts';
export type { WayIn } from './ways-in.ts';
