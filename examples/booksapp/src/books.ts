/** The books service: a table of books, each shown with its author, whom it asks the authors service for. */
import { DatabaseSync } from 'node:sqlite';
import { fetchJson, json, notFound, serve } from './service.ts';

interface Author {
  readonly id: number;
  readonly first_name: string;
  readonly last_name: string;
}

interface Book {
  readonly id: number;
  readonly title: string;
  readonly author_id: number;
}

const authorsUrl = process.env['AUTHORS_URL'] ?? 'http://authors:7001';
const database = new DatabaseSync(':memory:');
database.exec('CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT NOT NULL, author_id INTEGER NOT NULL)');
const insert = database.prepare('INSERT INTO books (title, author_id) VALUES (?, ?)');
for (const [title, author] of [
  ['The Dispossessed', 1],
  ['Kindred', 2],
  ['Invisible Cities', 3],
  ['The Left Hand of Darkness', 1],
] as const) {
  insert.run(title, author);
}
const selectAll = database.prepare('SELECT id, title, author_id FROM books ORDER BY id');
const selectOne = database.prepare('SELECT id, title, author_id FROM books WHERE id = ?');

serve('books', 7002, async (method, path) => {
  if (method !== 'GET') return json(405, { error: 'books are only read here' });
  if (path === '/books.json') {
    const authors = await fetchJson<Author[]>(authorsUrl, '/authors.json');
    const names = new Map(authors.map((author) => [author.id, `${author.first_name} ${author.last_name}`]));
    const books = selectAll.all() as unknown as Book[];
    return json(
      200,
      books.map((book) => ({ id: book.id, title: book.title, author: names.get(book.author_id) ?? 'unknown' })),
    );
  }
  const id = /^\/books\/(\d+)$/.exec(path)?.[1];
  const book = id === undefined ? undefined : (selectOne.get(Number(id)) as unknown as Book | undefined);
  if (book === undefined) return notFound(path);
  const author = await fetchJson<Author>(authorsUrl, `/authors/${book.author_id}`);
  return json(200, { ...book, author });
});
