/** Two nginx, one worker each: HTTP/1.1 with keep-alive over mutual TLS between them (its upstreams speak no HTTP/2). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@heddle/testkit';
import { nginxHttp, nginxMain } from '../backend.ts';
import { serverName, writeCertificates } from '../certificates.ts';
import { awaitPort, childPids, startChild, stopChild } from '../child.ts';
import type { Peer } from '../peer.ts';

export const nginxPeer: Peer = {
  name: 'nginx',
  start: async (backendPort, dir) => {
    const { client, server } = writeCertificates(dir);
    const plainPort = await freePort();
    const tlsPort = await freePort();
    const write = (name: string, http: string): string => {
      const file = join(dir, `${name}.conf`);
      writeFileSync(file, `${nginxMain(dir, name)}http {\n${nginxHttp(dir)}${http}}\n`);
      return file;
    };
    const upstream = (port: number): string =>
      `  upstream next { server 127.0.0.1:${port}; keepalive 256; keepalive_requests 100000000; }\n`;
    const pass = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;';
    const clientConf = write(
      'nginx-client',
      `${upstream(tlsPort)}  server {
    listen 127.0.0.1:${plainPort};
    location / {
      proxy_pass https://next; ${pass}
      proxy_ssl_protocols TLSv1.3; proxy_ssl_verify on; proxy_ssl_verify_depth 3; proxy_ssl_name ${serverName}; proxy_ssl_server_name on;
      proxy_ssl_trusted_certificate ${client.anchors};
      proxy_ssl_certificate ${client.chain}; proxy_ssl_certificate_key ${client.key};
    }
  }
`,
    );
    const serverConf = write(
      'nginx-server',
      `${upstream(backendPort)}  server {
    listen 127.0.0.1:${tlsPort} ssl;
    ssl_protocols TLSv1.3;
    ssl_certificate ${server.chain}; ssl_certificate_key ${server.key};
    ssl_client_certificate ${server.anchors}; ssl_verify_client on; ssl_verify_depth 3;
    location / { proxy_pass http://next; ${pass} }
  }
`,
    );
    const children = [serverConf, clientConf].map((file) =>
      startChild(['nginx', '-c', file, '-p', dir], `${file}.log`),
    );
    await awaitPort('127.0.0.1', plainPort);
    await awaitPort('127.0.0.1', tlsPort);
    return {
      url: `http://127.0.0.1:${plainPort}`,
      pids: children.flatMap(({ pid }) => (pid === undefined ? [] : childPids(pid))),
      stop: async () => {
        await Promise.all(children.map(stopChild));
      },
    };
  },
};
