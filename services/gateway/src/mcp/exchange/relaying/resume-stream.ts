import type { Readable } from "node:stream";
import { backoffMs, wait } from "@sark/observability/waiting";
import { UpstreamError } from "../../../domain/upstream.ts";
import { mediaType } from "../../../mcp-protocol/http/headers.ts";
import { sessionHeaders } from "../../request/upstream-headers.ts";
import { drain } from "../../response/collect.ts";
import type { RequestContext } from "../context/request-context.ts";
import type { Deadline } from "../../deadline/deadline.ts";

/** Where a stream broke, and when its server asked to come back. */
export interface Break {
  readonly lastEventId: string;
  readonly retryMs: number | null;
}

const SHORTEST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 30_000;
/** As the official clients wait. */
const BACKOFF = { baseMs: 1_000, factor: 1.5, maxMs: LONGEST_WAIT_MS, jitter: "none" } as const;

/**
 * Takes streams of a session up again when the link to their server broke, as its clients would if they spoke to it
 * themselves: the client of the gateway does not notice. `null` when the server does not let it, or is not back
 * after `limits.maxResumeAttempts`; messages in between begin them anew.
 */
export function createResumption(
  context: RequestContext,
  deadline: Deadline,
): (broken: Break, heard: boolean) => Promise<Readable | null> {
  const { upstream, caller, parts } = context;
  let first = true;
  let failed = 0;

  async function attempt({ lastEventId }: Break): Promise<Readable | "refused" | "failed"> {
    const headers = {
      ...sessionHeaders({ ...context, incoming: {}, traceContext: {} }),
      "last-event-id": lastEventId,
    };
    const { signal } = deadline;
    try {
      const get = { method: "GET", headers, messages: null, body: null, signal, caller } as const;
      const head = await upstream.exchange(get);
      // The relay of the stream sees to its end, and to that of the exchange.
      head.body.on("error", () => {});
      if (head.status === 200 && mediaType(head.headers["content-type"]) === "text/event-stream") {
        return head.body;
      }
      drain(head.body);
      // A conflict: the server has not noticed yet that the link is broken.
      return head.status === 409 || head.status === 429 || head.status >= 500 ? "failed" : "refused";
    } catch (error) {
      return error instanceof UpstreamError && error.code === "upstream_garbage" ? "refused" : "failed";
    }
  }

  /** At once the first time; servers that break again and again are not asked without end. */
  function waitFor(retryMs: number | null): number {
    if (first) {
      return 0;
    }
    const asked = retryMs ?? backoffMs(failed + 1, BACKOFF);
    return Math.min(Math.max(asked, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
  }

  return async (broken, heard) => {
    if (heard) {
      failed = 0;
    }
    while (failed < parts.limits.maxResumeAttempts && deadline.endedBy === null) {
      const pause = waitFor(broken.retryMs);
      first = false;
      if (!(await wait(pause, { signal: deadline.signal }))) {
        return null;
      }
      const body = await attempt(broken);
      if (body === "refused") {
        return null;
      }
      failed += 1;
      if (body !== "failed") {
        return body;
      }
    }
    return null;
  };
}
