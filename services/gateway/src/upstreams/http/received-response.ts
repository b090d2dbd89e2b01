import { Readable } from "node:stream";
import type { Awaitable } from "../../domain/awaitable.ts";
import type { UpstreamResponse } from "../../domain/upstream.ts";

/** Bytes that may come before anyone asks for the stream of them: as much as a stream would have in hand. */
const KEPT_BYTES = 64 * 1024;

/** The exchange whose response it is. */
export interface ResponseSource {
  /** Goes on reading from the server, after `push` has said to pause. */
  resume(): void;
  /** The stream of the body was destroyed, by its reader or by the fault. */
  destroyed(error: Error | null): void;
}

/**
 * A response while it comes. Its bytes are kept as they are until someone asks for the stream of them: most bodies are short, are
 * there as a whole by then, and are taken as that. A stream costs more than all else about them.
 */
export class ReceivedResponse implements UpstreamResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  private readonly source: ResponseSource;
  private chunks: Buffer[] = [];
  private length = 0;
  private isComplete = false;
  private isTaken = false;
  private fault: Error | null = null;
  private stream: Readable | null = null;
  /** Tells who waits for the whole body that something has come of it. */
  private moved: (() => void) | null = null;

  constructor(status: number, headers: Readonly<Record<string, string>>, source: ResponseSource) {
    this.status = status;
    this.headers = headers;
    this.source = source;
  }

  get body(): Readable {
    this.stream ??= this.open();
    return this.stream;
  }

  takeWhole(withinMs: number): Awaitable<Buffer | null> {
    return this.isComplete || this.fault !== null ? this.taken() : this.waitForEnd(withinMs);
  }

  /** Returns whether more may come; where not, `resume` says when. */
  push(chunk: Buffer): boolean {
    if (this.moved !== null) {
      // The end of a short body follows its first bytes within this turn of the event loop, if it comes with them.
      setImmediate(this.moved);
    }
    if (this.stream !== null) {
      return this.stream.push(chunk);
    }
    this.chunks.push(chunk);
    this.length += chunk.length;
    return this.length < KEPT_BYTES;
  }

  complete(): void {
    this.isComplete = true;
    this.moved?.();
    this.stream?.push(null);
  }

  fail(error: Error): void {
    this.fault = error;
    this.moved?.();
    this.stream?.destroy(error);
  }

  private open(): Readable {
    const { source } = this;
    const body = new Readable({
      read: () => source.resume(),
      destroy: (error, callback) => {
        source.destroyed(error);
        callback(error);
      },
    });
    // A reader sees the fault; a body that is not read any more must not bring the process down.
    body.on("error", () => {});
    for (const chunk of this.chunks) {
      body.push(chunk);
    }
    this.chunks = [];
    if (this.isComplete) {
      body.push(null);
    }
    if (this.isTaken || this.fault !== null) {
      body.destroy(this.fault ?? undefined);
    }
    return body;
  }

  /** What has come of a body that is complete, once; `null` where someone reads the stream of it. */
  private taken(): Buffer | null {
    if (!this.isComplete || this.isTaken || this.stream !== null) {
      return null;
    }
    this.isTaken = true;
    const { chunks } = this;
    this.chunks = [];
    const [only] = chunks;
    return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
  }

  private waitForEnd(withinMs: number): Promise<Buffer | null> {
    return new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.moved = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.length > 0) {
        setImmediate(this.moved);
      }
    }).then(() => {
      this.moved = null;
      return this.taken();
    });
  }
}
