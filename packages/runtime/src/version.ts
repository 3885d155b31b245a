/** The one version of everything, stamped into bundles; sources run as they are say so. */

declare const HEDDLE_VERSION: string | undefined;

export const version: string = typeof HEDDLE_VERSION === 'string' ? HEDDLE_VERSION : '0.0.0-source';
