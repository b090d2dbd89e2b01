import type { Socket } from "node:net";
import { wait } from "@sark/observability/waiting";
import { failureResult } from "../../http/failure-result.ts";
import type { Settled } from "../../domain/sink.ts";

export interface SessionTimes {
  /** After we ended our side, the receiver has this long to read what is left and to end its own. */
  readonly confirmTimeoutMs: number;
  /** Where nothing can be confirmed, a connection that is not reset for so long after a message took it. */
  readonly settleMs: number;
  /** Our side is not ended earlier: a receiver that ends its own right away must be seen to have done so. */
  readonly minAgeMs: number;
}

/**
 * What is written over one connection. Syslog has no acknowledgement, but TCP has an end: a receiver ends its side after
 * ours when it has read all before, and resets the connection when it closes with something unread. So the end that follows
 * ours tells that everything was read; nothing else does.
 */
export interface SyslogSession {
  /** Whether it takes more. */
  readonly open: boolean;
  /** The receiver ended its side before: what is written counts as sent when it is taken. */
  readonly unconfirmable: boolean;
  /** Events that were written. */
  readonly events: number;
  /** Requests whose end is not known yet. */
  readonly outstanding: number;
  /** Resolves when the operating system has taken it all; rejects when the connection failed, or `signal` is aborted. */
  write(body: Buffer, events: number, signal: AbortSignal): Promise<void>;
  /** How one more request ends; never rejects. Of several only the first tells of a failure, the others repeat it. */
  settled(): Promise<Settled>;
  /** How the connection ends. */
  readonly end: Promise<Settled>;
  /** Ends our side, and waits for the receiver's. */
  finish(): void;
  destroy(reason: string): void;
}

export function createSyslogSession(
  socket: Socket,
  times: SessionTimes,
  /** The receiver is known to end its side while it still reads: nothing can be confirmed. */
  unconfirmable: boolean,
  /** The receiver ended its side before us, which says neither that it read anything nor that it will not: what that means. */
  endedEarly: () => Settled,
): SyslogSession {
  const end = Promise.withResolvers<Settled>();
  const openedAt = performance.now();
  let events = 0;
  let outstanding = 0;
  let told = false;
  let finishing = false;
  let ended = false;
  let over = false;
  let failure: Settled | undefined;
  let timer: NodeJS.Timeout | undefined;

  function settle(settled: Settled): void {
    over = true;
    clearTimeout(timer);
    end.resolve(settled);
  }

  socket.on("error", (error) => {
    const { kind, reason } = failureResult(error);
    failure ??= { kind: kind === "configuration" ? kind : "maybe_duplicate", reason };
  });
  socket.on("end", () => {
    if (over || unconfirmable) {
      return;
    }
    if (failure !== undefined) {
      // A refusal of our certificate comes after the handshake, in front of the end.
      settle(failure);
      socket.destroy();
    } else if (ended) {
      settle({ kind: "sent" });
      socket.destroy();
    } else if (events > 0) {
      settle(endedEarly());
    } else {
      unconfirmable = true;
    }
  });
  socket.on("close", () => settle(failure ?? { kind: "maybe_duplicate", reason: BROKEN }));

  function endOurSide(): void {
    if (over) {
      return;
    }
    ended = true;
    socket.end();
    timer = setTimeout(() => {
      const seconds = times.confirmTimeoutMs / 1_000;
      settle({
        kind: "maybe_duplicate",
        reason: `the receiver did not read ${events} events within ${seconds} s`,
      });
      socket.destroy();
    }, times.confirmTimeoutMs);
  }

  /**
   * After the receiver's end nothing is read any more, and only writing shows that the connection is reset: the last byte
   * waits for what the rest brought about. If it is not taken, no message was cut off that a receiver had read.
   */
  async function writeWithProbe(body: Buffer, signal: AbortSignal): Promise<void> {
    await write(socket, body.subarray(0, -1), signal);
    if (!(await wait(times.settleMs, { signal }))) {
      signal.throwIfAborted();
    }
    await write(socket, body.subarray(-1), signal);
    // What the system refused at once is told in the next turn.
    await wait(0);
    if (socket.destroyed) {
      throw new Error(BROKEN);
    }
  }

  return {
    get open() {
      return !over && !finishing && socket.writable;
    },
    get unconfirmable() {
      return unconfirmable;
    },
    get events() {
      return events;
    },
    get outstanding() {
      return outstanding;
    },
    end: end.promise,
    write(body, count, signal) {
      events += count;
      return unconfirmable ? writeWithProbe(body, signal) : write(socket, body, signal);
    },
    async settled() {
      outstanding += 1;
      const settled = await end.promise;
      outstanding -= 1;
      if (settled.kind === "sent") {
        return settled;
      }
      const repeated = told;
      told = true;
      return repeated ? { ...settled, repeated } : settled;
    },
    finish() {
      if (finishing || over || unconfirmable) {
        return;
      }
      finishing = true;
      const age = performance.now() - openedAt;
      if (age >= times.minAgeMs) {
        endOurSide();
      } else {
        timer = setTimeout(endOurSide, times.minAgeMs - age);
      }
    },
    destroy(reason) {
      failure ??= { kind: "maybe_duplicate", reason };
      socket.destroy();
    },
  };
}

export const ENDED_EARLY =
  "the receiver ended its side of the connection: what was sent may not have been read";
const BROKEN = "the connection ended before the receiver had read everything";
export const UNCONFIRMED = "the receiver ends its side of the connection: nothing can show what it reads";

function write(socket: Socket, body: Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) {
      return abort();
    }
    signal.addEventListener("abort", abort, { once: true });
    socket.write(body, (error) => {
      signal.removeEventListener("abort", abort);
      if (error) {
        reject(error);
      } else {
        resolve();
      }
    });
  });
}
