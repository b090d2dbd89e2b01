import type { StdioUpstreamConfig } from "../../contract/config.ts";

/** Bounds and deadlines of one stdio upstream; all from its configuration. */
export interface StdioLimits {
  /** A call in a session without a response by then gets an event stream. */
  readonly streamAfterMs: number;
  /** A session that is not used ends after this time. */
  readonly sessionIdleMs: number;
  /** A client that lost its connection may come back for its response within this time. */
  readonly resumeMs: number;
  /** Each step of ending a process: end of input, SIGTERM, SIGKILL. */
  readonly stopMs: number;
  /** A server that does not respond to `server/discover` within this time speaks the revisions with sessions only. */
  readonly probeMs: number;
  /** Sessions, hence processes, at once. */
  readonly sessions: number;
  /** Those of one caller. */
  readonly sessionsPerCaller: number;
  /** A session unused for this long gives way when all are taken and another caller needs one. */
  readonly displaceAfterMs: number;
  /** Requests at once, for each process; event streams of subscriptions are counted apart. */
  readonly inFlight: number;
  /** Those of one caller in the process that all share. */
  readonly inFlightPerCaller: number;
  /** Longest message of the server; also what may lie unread before it in its own standard input. */
  readonly messageBytes: number;
  /** Events of a session that are kept for clients that come back. */
  readonly replayEvents: number;
  /** Bytes of them; also how much of a stream may lie unread before its client counts as too slow. */
  readonly replayBytes: number;
}

/** The bounds that an entry of the configuration gives. */
export function stdioLimits({ timeouts, limits }: StdioUpstreamConfig): StdioLimits {
  const { messageSize, replaySize, ...counts } = limits;
  return {
    ...counts,
    messageBytes: messageSize,
    replayBytes: replaySize,
    streamAfterMs: timeouts.streamAfter,
    sessionIdleMs: timeouts.sessionIdle,
    displaceAfterMs: timeouts.displaceAfter,
    resumeMs: timeouts.resume,
    probeMs: timeouts.probe,
    stopMs: timeouts.stop,
  };
}
