/** The authors service: a table of authors, and an admin page that nobody should ever reach. */
import { DatabaseSync } from 'node:sqlite';
import { json, notFound, serve } from './service.ts';

const database = new DatabaseSync(':memory:');
database.exec('CREATE TABLE authors (id INTEGER PRIMARY KEY, first_name TEXT NOT NULL, last_name TEXT NOT NULL)');
const insert = database.prepare('INSERT INTO authors (first_name, last_name) VALUES (?, ?)');
for (const [first, last] of [
  ['Ursula', 'Le Guin'],
  ['Octavia', 'Butler'],
  ['Italo', 'Calvino'],
] as const) {
  insert.run(first, last);
}
const selectAll = database.prepare('SELECT id, first_name, last_name FROM authors ORDER BY id');
const selectOne = database.prepare('SELECT id, first_name, last_name FROM authors WHERE id = ?');

serve('authors', 7001, (method, path, body) => {
  if (path === '/authors.json' && method === 'GET') return json(200, selectAll.all());
  if (path === '/authors.json' && method === 'POST') {
    const { first_name, last_name } = JSON.parse(body) as { first_name: string; last_name: string };
    const { lastInsertRowid } = insert.run(first_name, last_name);
    return json(201, selectOne.get(lastInsertRowid));
  }
  const id = /^\/authors\/(\d+)$/.exec(path)?.[1];
  const author = id === undefined ? undefined : selectOne.get(Number(id));
  if (author !== undefined && method === 'GET') return json(200, author);
  if (path === '/admin') return json(200, { secret: 'the royalties of every author' });
  return notFound(path);
});
