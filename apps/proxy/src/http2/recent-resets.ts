/**
 * Which streams we reset not long ago: what the peer sent on them before it knew is to be ignored, while frames on any
 * other closed stream are a fault (RFC 9113 section 5.1, "closed").
 */

const remembered = 1024;

export class RecentResets {
  readonly #ids = new Set<number>();
  /** Some were forgotten, so that a stream which is not known may have been one of them. */
  #hasForgotten = false;

  add(streamId: number): void {
    this.#ids.add(streamId);
    if (this.#ids.size <= remembered) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      this.#hasForgotten = true;
      return;
    }
  }

  /** Whether we reset this stream, or may have. */
  mayInclude(streamId: number): boolean {
    return this.#hasForgotten || this.#ids.has(streamId);
  }
}
