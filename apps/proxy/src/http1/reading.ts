/** Reading from a socket as HTTP/1 connections need it: by its stream, or past it. */
import type { Duplex } from 'node:stream';

export interface Reading {
  /** False from the moment in which the socket is destroyed. */
  readonly isOpen: boolean;
  pause(): void;
  resume(): void;
}

export class StreamReading implements Reading {
  readonly #socket: Duplex;

  constructor(socket: Duplex, onBytes: (bytes: Buffer) => void) {
    this.#socket = socket;
    socket.on('data', onBytes);
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}
