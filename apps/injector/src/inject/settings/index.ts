/** What the chart of the control plane must agree with. */
export { definitions } from './definitions.ts';
export { readValues } from './read-values.ts';
