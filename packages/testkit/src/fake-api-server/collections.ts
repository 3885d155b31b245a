/** Lists in pages, and writes: what an API server does to its store for a request. */
import { expired, type Failure } from './answers.ts';
import { apiVersionOf, type FakeKind, type FakeManifest, type FakeObject, type FakeStore } from './store.ts';

export type Answer = { readonly body: unknown; readonly status: number } | { readonly failure: Failure };

/** Which objects a request is about. */
export interface Target {
  readonly kind: FakeKind;
  /** Empty: all namespaces, or none. */
  readonly namespace: string;
  /** Empty: the collection. */
  readonly name: string;
  /** `status`, or empty for the object itself. */
  readonly subresource: string;
}

type Fields = Readonly<Record<string, unknown>>;

const notFound: Failure = { status: 404, reason: 'NotFound', message: 'not found' };
const conflict: Failure = { status: 409, reason: 'Conflict', message: 'the object has been modified' };
const alreadyExists: Failure = { status: 409, reason: 'AlreadyExists', message: 'already exists' };
const invalidName: Failure = {
  status: 422,
  reason: 'Invalid',
  message: 'metadata.generateName is not a prefix of a name',
};

const ok = (body: unknown, status = 200): Answer => ({ body, status });

export class Collections {
  readonly #store: FakeStore;
  /** The rest of a list begun at a version; the token is the position here. */
  readonly #rests: { readonly version: number; readonly items: readonly FakeObject[] }[] = [];

  constructor(store: FakeStore) {
    this.#store = store;
  }

  /** @param limit 0: no pages */
  list({ kind, namespace }: Target, limit: number, token: string): Answer {
    const rest =
      token === ''
        ? { version: this.#store.version, items: this.#store.list(kind, namespace) }
        : this.#rests[Number(token)];
    if (rest === undefined || (token !== '' && rest.version < this.#store.compacted)) return { failure: expired };
    const { version } = rest;
    const items = limit > 0 ? rest.items.slice(0, limit) : rest.items;
    const isLast = items.length === rest.items.length;
    const next = isLast ? '' : String(this.#rests.push({ version, items: rest.items.slice(limit) }) - 1);
    return ok({
      kind: `${kind.kind}List`,
      apiVersion: apiVersionOf(kind),
      metadata: { resourceVersion: String(version), ...(next !== '' && { continue: next }) },
      // Items of a real list say neither.
      items: items.map((item) => ({ ...item, apiVersion: undefined, kind: undefined })),
    });
  }

  get({ kind, namespace, name }: Target): Answer {
    const object = this.#store.get(kind, namespace, name);
    return object === undefined ? { failure: notFound } : ok(object);
  }

  create({ kind, namespace }: Target, body: unknown): Answer {
    const { metadata, ...rest } = body as FakeManifest;
    const generated =
      typeof metadata['generateName'] === 'string' ? `${metadata['generateName']}${this.#store.version}` : '';
    // A prefix may end with a hyphen, to which the suffix is joined, but not with a dot.
    if (generated !== '' && /\.\d+$/.test(generated)) return { failure: invalidName };
    const name = metadata.name ?? generated;
    if (this.#store.get(kind, namespace, name)) return { failure: alreadyExists };
    return ok(this.#store.put(kind, { ...rest, metadata: { ...metadata, name, namespace } }), 201);
  }

  /** PUT. */
  replace(target: Target, body: unknown): Answer {
    return this.#change(target, body as Fields, () => body as Fields);
  }

  /** PATCH with a JSON merge patch (RFC 7396); of a subresource, everything else in the patch is passed over. */
  patch(target: Target, body: unknown): Answer {
    return this.#change(target, body as Fields, (before) => {
      if (target.subresource === '') return mergePatch(before, body) as Fields;
      return {
        ...before,
        [target.subresource]: mergePatch(before[target.subresource], (body as Fields)[target.subresource]),
      };
    });
  }

  delete({ kind, namespace, name }: Target): Answer {
    const object = this.#store.delete(kind, namespace, name);
    return object === undefined ? { failure: notFound } : ok(object);
  }

  #change({ kind, namespace, name }: Target, body: Fields, change: (before: FakeObject) => Fields): Answer {
    const before = this.#store.get(kind, namespace, name);
    if (before === undefined) return { failure: notFound };
    const expected = (body['metadata'] as Fields | undefined)?.['resourceVersion'];
    if (expected !== undefined && expected !== before.metadata.resourceVersion) return { failure: conflict };
    const after = change(before);
    const metadata = { ...(after['metadata'] as Fields), name, ...(namespace !== '' && { namespace }) };
    return ok(this.#store.put(kind, { ...after, metadata }));
  }
}

const mergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isFields(patch)) return patch;
  const merged: Record<string, unknown> = isFields(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
};

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
