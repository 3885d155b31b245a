/** Where the programs of a mesh are: bundles beside this one, `dist/main.js` of each app. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @throws when it was not built */
export const bundle = (app: string): string => {
  const file = fileInDist(app, 'main.js');
  if (!existsSync(file)) throw new Error(`${file} is missing; run \`pnpm build\`, and this command from its bundle`);
  return file;
};

/** A file of an app's bundle, there or not. */
export const fileInDist = (app: string, file: string): string =>
  fileURLToPath(new URL(`../../${app}/dist/${file}`, import.meta.url));
