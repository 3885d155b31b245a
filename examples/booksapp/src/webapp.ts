/** The web page: the list of authors and the list of books, each fetched from the service that owns it. */
import { type Answer, fetchJson, notFound, serve } from './service.ts';

const authorsUrl = process.env['AUTHORS_URL'] ?? 'http://authors:7001';
const booksUrl = process.env['BOOKS_URL'] ?? 'http://books:7002';

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const page = async (): Promise<Answer> => {
  const [authors, books] = await Promise.all([
    fetchJson<{ first_name: string; last_name: string }[]>(authorsUrl, '/authors.json'),
    fetchJson<{ title: string; author: string }[]>(booksUrl, '/books.json'),
  ]);
  const items = (lines: readonly string[]): string => lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('');
  const body = `<!doctype html><title>Books</title><h1>Books</h1><ul>${items(
    books.map((book) => `${book.title}, ${book.author}`),
  )}</ul><h1>Authors</h1><ul>${items(authors.map((author) => `${author.first_name} ${author.last_name}`))}</ul>\n`;
  return { status: 200, body, contentType: 'text/html; charset=utf-8' };
};

serve('webapp', 7000, (method, path) => (method === 'GET' && path === '/' ? page() : notFound(path)));
