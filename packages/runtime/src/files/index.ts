/** Files that change while a process runs: certificates, keys, values. */
export { type WatchFilesOptions, watchFiles } from './watch-files.ts';
