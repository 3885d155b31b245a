/** Rules by name, as logs, tables and explanations show them. */
import type { RuleRef } from './model.ts';

/** `default:all-authenticated`, or `httproute booksapp/authors-get-route`. */
export const formatRule = (ref: RuleRef): string =>
  ref.kind === 'default' ? `default:${ref.name}` : `${ref.resource} ${ref.namespace}/${ref.name}`;
