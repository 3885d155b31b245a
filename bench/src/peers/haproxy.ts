/** Two HAProxy, one thread each: HTTP/2 over mutual TLS between them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@heddle/testkit';
import { serverName, writeCertificates } from '../certificates.ts';
import { awaitPort, startChild, stopChild } from '../child.ts';
import type { Peer } from '../peer.ts';

const common = `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  http-reuse always
`;

export const haproxyPeer: Peer = {
  name: 'HAProxy',
  start: async (backendPort, dir) => {
    const { client, server } = writeCertificates(dir);
    const plainPort = await freePort();
    const tlsPort = await freePort();
    const write = (name: string, text: string): string => {
      const file = join(dir, `${name}.cfg`);
      writeFileSync(file, `${common}${text}`);
      return file;
    };
    const clientConf = write(
      'haproxy-client',
      `frontend plain
  bind 127.0.0.1:${plainPort}
  default_backend next
backend next
  server s 127.0.0.1:${tlsPort} ssl crt ${client.bundle} ca-file ${client.anchors} verify required verifyhost ${serverName} sni str(${serverName}) alpn h2 ssl-min-ver TLSv1.3
`,
    );
    const serverConf = write(
      'haproxy-server',
      `frontend tls
  bind 127.0.0.1:${tlsPort} ssl crt ${server.bundle} ca-file ${server.anchors} verify required alpn h2 ssl-min-ver TLSv1.3
  default_backend next
backend next
  server s 127.0.0.1:${backendPort}
`,
    );
    const children = [serverConf, clientConf].map((file) => startChild(['haproxy', '-db', '-f', file], `${file}.log`));
    await awaitPort('127.0.0.1', plainPort);
    await awaitPort('127.0.0.1', tlsPort);
    return {
      url: `http://127.0.0.1:${plainPort}`,
      pids: children.flatMap(({ pid }) => pid ?? []),
      stop: async () => {
        await Promise.all(children.map(stopChild));
      },
    };
  },
};
