/** The application behind every pair: one nginx worker that answers 100 bytes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { awaitPort, startChild, stopChild } from './child.ts';

export const nginxMain = (dir: string, name: string): string => `daemon off;
worker_processes 1;
pid ${join(dir, `${name}.pid`)};
error_log ${join(dir, `${name}-error.log`)} warn;
events { worker_connections 2048; }
`;

/** Paths that nginx would otherwise take from its build. */
export const nginxHttp = (dir: string): string => `  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 600s;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
`;

/** The configuration of a backend that listens on `listen` (`address:port`). */
export const backendConf = (dir: string, listen: string): string =>
  `${nginxMain(dir, 'backend')}http {
${nginxHttp(dir)}  server {
    listen ${listen};
    location / { default_type text/plain; return 200 "${'x'.repeat(100)}"; }
  }
}
`;

export const startBackend = async (dir: string, port: number): Promise<() => Promise<void>> => {
  const file = join(dir, 'backend.conf');
  writeFileSync(file, backendConf(dir, `127.0.0.1:${port}`));
  const child = startChild(['nginx', '-c', file, '-p', dir], join(dir, 'backend.log'));
  await awaitPort('127.0.0.1', port);
  return () => stopChild(child);
};
