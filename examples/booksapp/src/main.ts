/** Starts the service that the first argument names: the entry point of the container image. */
const services: Readonly<Record<string, () => Promise<unknown>>> = {
  authors: () => import('./authors.ts'),
  books: () => import('./books.ts'),
  webapp: () => import('./webapp.ts'),
  traffic: () => import('./traffic.ts'),
};

const name = process.argv[2] ?? '';
const start = Object.hasOwn(services, name) ? services[name] : undefined;
if (start === undefined) {
  process.stderr.write(`usage: main.ts ${Object.keys(services).join('|')}\n`);
  process.exit(64);
}
await start();
