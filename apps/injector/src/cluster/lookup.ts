/** What the injector must know of the cluster besides the object under review. */
import type { Owner } from '../inject/outcome.ts';

export interface NamespaceLookup {
  /** Whether everything that exists is known; until then, not finding something says nothing. */
  readonly isSynced: boolean;
  /** The annotations of a namespace; undefined where there is none of that name. May ask the API server. */
  annotationsOf(namespace: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** The controller of an object, as of a ReplicaSet; undefined where there is none, or it is not known. */
  controllerOf(namespace: string, owner: Owner): Owner | undefined;
}
