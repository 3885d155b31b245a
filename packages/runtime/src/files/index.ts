/** Files that change while a process runs: certificates, keys, values. */
export { readTogether } from './read-together.ts';
export { type WatchFilesOptions, watchFiles } from './watch-files.ts';
