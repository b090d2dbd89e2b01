import { Readable } from "node:stream";
import { UpstreamError } from "../../../domain/upstream.ts";
import { KEEP_ALIVE } from "../../../event-streams/event.ts";

/** The body of an event stream, written by the bridge and read by the layers above. */
export interface EventBody {
  readonly readable: Readable;
  push(event: Buffer): void;
  /** A comment, when nothing was pushed since the last call. */
  keepAlive(): void;
  end(): void;
  fail(error: UpstreamError): void;
}

/**
 * `onLeft` is called once when the reader leaves, or is cut off because more than `maxUnreadBytes` lie
 * unread; not after `end` or `fail`.
 */
export function createEventBody(
  upstream: string,
  maxUnreadBytes: number,
  onLeft: (reason: UpstreamError) => void,
): EventBody {
  let over = false;
  let busy = true;
  const readable = new Readable({
    read: () => {},
    destroy: (error, callback) => {
      if (!over) {
        over = true;
        onLeft(
          error instanceof UpstreamError
            ? error
            : new UpstreamError("cancelled", `the caller left a stream of upstream "${upstream}"`),
        );
      }
      callback(error);
    },
  });
  // A reader sees the fault; a body that is not read any more must not bring the process down.
  readable.on("error", () => {});

  return {
    readable,
    push: (event) => {
      if (over) {
        return;
      }
      if (readable.readableLength > maxUnreadBytes) {
        const message = `the caller does not read its stream of upstream "${upstream}"`;
        readable.destroy(new UpstreamError("upstream_overloaded", message));
        return;
      }
      busy = true;
      readable.push(event);
    },
    keepAlive: () => {
      if (!over && !busy && readable.readableLength === 0) {
        readable.push(KEEP_ALIVE);
      }
      busy = false;
    },
    end: () => {
      if (!over) {
        over = true;
        readable.push(null);
      }
    },
    fail: (error) => {
      if (!over) {
        over = true;
        readable.destroy(error);
      }
    },
  };
}

/** Destroys a body when the caller aborts, for as long as the body lives. */
export function destroyOnAbort(body: Readable, signal: AbortSignal): void {
  const onAbort = () => void body.destroy(signal.reason instanceof UpstreamError ? signal.reason : undefined);
  if (signal.aborted) {
    onAbort();
    return;
  }
  signal.addEventListener("abort", onAbort, { once: true });
  body.once("close", () => signal.removeEventListener("abort", onAbort));
}
