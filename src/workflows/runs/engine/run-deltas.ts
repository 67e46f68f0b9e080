import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RunBroadcasts } from './run-broadcasts.js';

/** Where in a run a text comes from. */
export type DeltaSource = { node_id: string; path: string; attempt: number };

/** A piece of a text that a model is just saying. */
export type TextDelta = DeltaSource & {
  /** Characters of the text before this piece: whoever came late, or has lost one, sees it. */
  offset: number;
  text: string;
};

/** How long pieces are collected before they are told, in milliseconds. */
const COLLECT_MS = 50;
/** Other processes say so often that they listen, and are believed for as long as the second, in milliseconds. */
const RENEW_MS = 10_000;
const BELIEVED_MS = 25_000;
/** Characters of one broadcast: NOTIFY takes 8,000 bytes, and JSON may write one character in 6. */
const BROADCAST_CHARACTERS = 1_000;

type Listener = (delta: TextDelta) => void;

/**
 * Tells those who watch a run what its models are saying, in this process and in others that listen. Nothing of it is kept,
 * and any of it may be lost: the step has the whole text when it is over.
 */
@Injectable()
export class RunDeltas implements OnModuleInit {
  private readonly process = randomUUID();
  private readonly listeners = new Map<string, Set<Listener>>();
  /** By run: until when another process listens, by the monotonic clock. */
  private readonly heardElsewhere = new Map<string, number>();

  constructor(private readonly broadcasts: RunBroadcasts) {}

  onModuleInit(): void {
    this.broadcasts.onListening((runId, process) => {
      if (process !== this.process) this.believe(runId);
    });
    this.broadcasts.onDelta((runId, process, text) => {
      if (process !== this.process) this.tellHere(runId, JSON.parse(text) as TextDelta);
    });
  }

  /** Hears what the models of a run say from now on. @returns how to stop */
  listen(runId: string, listener: Listener): () => void {
    const listeners = this.listeners.get(runId) ?? new Set();
    this.listeners.set(runId, listeners.add(listener));
    const renew = (): void => this.broadcasts.tell(`listening ${runId} ${this.process}`);
    renew();
    const timer = setInterval(renew, RENEW_MS).unref();
    return () => {
      clearInterval(timer);
      listeners.delete(listener);
      if (listeners.size === 0) this.listeners.delete(runId);
    };
  }

  /** Takes the pieces of one answer; `end` tells what is left of it. */
  teller(runId: string, source: DeltaSource): { add(text: string): void; end(): void } {
    let offset = 0;
    let pending = '';
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearTimeout(timer);
      timer = undefined;
      if (pending === '') return;
      this.tell(runId, { ...source, offset, text: pending });
      offset += pending.length;
      pending = '';
    };
    const add = (text: string): void => {
      pending += text;
      timer ??= setTimeout(end, COLLECT_MS);
    };
    return { add, end };
  }

  /** The last ones to say so are at the end; those at the front may have gone. */
  private believe(runId: string): void {
    const now = performance.now();
    this.heardElsewhere.delete(runId);
    this.heardElsewhere.set(runId, now + BELIEVED_MS);
    for (const [other, until] of this.heardElsewhere) {
      if (until >= now) break;
      this.heardElsewhere.delete(other);
    }
  }

  private tell(runId: string, delta: TextDelta): void {
    this.tellHere(runId, delta);
    const until = this.heardElsewhere.get(runId);
    if (until === undefined || until < performance.now()) return;
    for (let at = 0; at < delta.text.length; at += BROADCAST_CHARACTERS) {
      const text = delta.text.slice(at, at + BROADCAST_CHARACTERS);
      const piece = JSON.stringify({ ...delta, offset: delta.offset + at, text });
      this.broadcasts.tell(`delta ${runId} ${this.process} ${piece}`);
    }
  }

  private tellHere(runId: string, delta: TextDelta): void {
    for (const listener of this.listeners.get(runId) ?? []) listener(delta);
  }
}
