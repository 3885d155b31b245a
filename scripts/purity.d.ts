/**
 * Seen only by the type check of the pure packages: time and randomness are arguments there, so the two ways of
 * reaching for them from the language itself do not type-check. (Timers, process, sockets and fetch are absent because
 * that check loads no Node and no DOM types.)
 */
interface DateConstructor {
  new (banned: never, time: never, isAnArgument: never): Date;
  /** @deprecated Banned: take `nowMs` as an argument. */
  readonly now: never;
}
interface Math {
  /** @deprecated Banned: take a random source as an argument. */
  readonly random: never;
}
