/**
 * Visits the web page again and again, and now and then tries its luck with the authors service, which it may not call.
 */
const webappUrl = process.env['WEBAPP_URL'] ?? 'http://webapp:7000';
const authorsUrl = process.env['AUTHORS_URL'] ?? 'http://authors:7001';
const intervalMs = Number(process.env['INTERVAL_MS'] ?? 2000);

let visits = 0;

const visit = async (url: string): Promise<void> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
    await response.arrayBuffer();
    process.stdout.write(`${response.status} ${url}\n`);
  } catch (error) {
    process.stdout.write(`--- ${url}: ${error instanceof Error ? error.message : String(error)}\n`);
  }
};

const round = async (): Promise<void> => {
  await visit(new URL('/', webappUrl).href);
  visits += 1;
  if (visits % 5 === 0) await visit(new URL('/authors.json', authorsUrl).href);
};

const timer = setInterval(() => void round(), intervalMs);
process.once('SIGTERM', () => clearInterval(timer));
