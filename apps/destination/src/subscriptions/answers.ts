/**
 * The answers that somebody is watching. Each is worked out once, whoever many watch it, and again only when a change
 * names it; watchers are told when it differs. A burst of changes is looked at once, and a watcher that is slow finds
 * the newest answer when it comes back, never a queue.
 *
 *     changes --> dirty answers --(next turn, a few at a time)--> work out --differs--> cell --> streams
 */
import type { Catalog, Changes } from '@heddle/catalog';
import { WatchCell } from '@heddle/runtime';
import { dependenciesNamedIn, type Question } from './question.ts';

export interface AnswersOptions {
  readonly catalog: Catalog;
  /** Runs a task in a later turn of the event loop (`setImmediate`). */
  readonly defer: (task: () => void) => void;
}

/** Answers worked out per turn, so that a change that touches everything does not stop the process. */
const ANSWERS_PER_TURN = 256;

interface Topic {
  readonly question: Question<unknown>;
  readonly cell: WatchCell<unknown>;
  /** The answer's text, by which it is compared. */
  text: string;
  watchers: number;
}

export class Answers {
  readonly #options: AnswersOptions;
  readonly #topics = new Map<string, Topic>();
  readonly #byDependency = new Map<string, Set<Topic>>();
  readonly #dirty = new Set<Topic>();
  #isScheduled = false;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** How many different answers are being watched. */
  get size(): number {
    return this.#topics.size;
  }

  /** The answer at this moment. */
  ask<Answer>(question: Question<Answer>): Answer {
    return question.answerFrom(this.#options.catalog);
  }

  /** The answer now, then the newest one each time it has changed, until `signal` aborts. Never the same twice in a row. */
  async *watch<Answer>(question: Question<Answer>, signal: AbortSignal): AsyncGenerator<Answer, void, void> {
    const topic = this.#open(question);
    topic.watchers += 1;
    try {
      yield* topic.cell.changes(signal) as AsyncGenerator<Answer, void, void>;
    } finally {
      topic.watchers -= 1;
      if (topic.watchers === 0) this.#drop(topic);
    }
  }

  /** To be told of every change of the catalog. */
  changed(changes: Changes): void {
    for (const dependency of dependenciesNamedIn(changes)) {
      for (const topic of this.#byDependency.get(dependency) ?? []) this.#dirty.add(topic);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#dirty.size === 0) return;
    this.#isScheduled = true;
    this.#options.defer(() => {
      this.#isScheduled = false;
      this.#refreshSome();
      this.#schedule();
    });
  }

  #refreshSome(): void {
    let left = ANSWERS_PER_TURN;
    for (const topic of this.#dirty) {
      if (left-- === 0) return;
      this.#dirty.delete(topic);
      const answer = topic.question.answerFrom(this.#options.catalog);
      const text = textOf(answer);
      if (text === topic.text) continue;
      topic.text = text;
      topic.cell.set(answer);
    }
  }

  #open(question: Question<unknown>): Topic {
    const known = this.#topics.get(question.key);
    if (known) return known;
    const answer = question.answerFrom(this.#options.catalog);
    const topic: Topic = { question, cell: new WatchCell(answer), text: textOf(answer), watchers: 0 };
    this.#topics.set(question.key, topic);
    for (const dependency of question.dependencies) {
      const topics = this.#byDependency.get(dependency);
      if (topics) topics.add(topic);
      else this.#byDependency.set(dependency, new Set([topic]));
    }
    return topic;
  }

  #drop(topic: Topic): void {
    this.#topics.delete(topic.question.key);
    this.#dirty.delete(topic);
    for (const dependency of topic.question.dependencies) {
      const topics = this.#byDependency.get(dependency);
      topics?.delete(topic);
      if (topics?.size === 0) this.#byDependency.delete(dependency);
    }
  }
}

/** Answers are plain data without cycles, made by the same code each time. */
const textOf = (answer: unknown): string => JSON.stringify(answer) ?? '';
