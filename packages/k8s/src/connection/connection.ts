/**
 * How to reach an API server: its URL, whom to trust there, and how to say who we are. Whatever is a file may change
 * while the process runs (a projected token does, every hour), so material is read again and again; see `material.ts`.
 */

/** Text that is known, or the file that holds it. */
export type TextSource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly file: string };

export interface ClusterConnection {
  /** `https:`; `http:` only to a loopback address, as `kubectl proxy` serves it. A path in it prefixes all requests. */
  readonly server: URL;
  /** PEM. Absent: the system's roots. */
  readonly certificateAuthority?: TextSource | undefined;
  /** The name that the server's certificate must have, where it is not that of the URL. */
  readonly tlsServerName?: string | undefined;
  /** Bearer token. */
  readonly token?: TextSource | undefined;
  /** PEM. */
  readonly clientCertificate?: { readonly certificate: TextSource; readonly key: TextSource } | undefined;
  /** The namespace of the pod or of the kubeconfig's context. */
  readonly namespace: string;
}

/** What keeps a process from knowing its cluster; the message says how to mend it. */
export class ConnectionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConnectionError';
  }
}
