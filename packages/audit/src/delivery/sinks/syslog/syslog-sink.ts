import { failureResult } from "../../http/failure-result.ts";
import type { DeliveryResult, Settled, Sink } from "../../domain/sink.ts";
import { unlessAborted } from "../../domain/unless-aborted.ts";
import type { SinkContext } from "../definition/sink-context.ts";
import type { SyslogSettings } from "./config.ts";
import { createSyslogConnector } from "./connection.ts";
import { syslogEncoder } from "./encoder.ts";
import { checkSyslog } from "./health.ts";
import { prepareSyslog, type SyslogRequest } from "./request.ts";
import { createSyslogSession, ENDED_EARLY, UNCONFIRMED, type SyslogSession } from "./session.ts";

/** A receiver that ends its side right after accepting has this long to be seen to do so; and twice a connection's time. */
const MIN_AGE_MS = 50;
/** One that always ends connections before us would get the same events for ever. */
const MOST_EARLY_ENDS = 3;

/**
 * RFC 5424 over TCP or TLS. Nothing acknowledges; a connection is ended after so many events, or so long, and what it
 * carried counts as sent when the receiver ended its side after that. Throws `DeliveryError` on bad settings.
 */
export function createSyslogSink(settings: SyslogSettings, context: SinkContext): Sink<SyslogRequest> {
  const connector = createSyslogConnector(settings, context.tlsNotice);
  const encode = syslogEncoder(settings, context.format, context.host);
  let session: SyslogSession | undefined;
  let opening: Promise<SyslogSession> | undefined;
  /** What its connection was opened with. */
  let files = connector.files();
  let timer: NodeJS.Timeout | undefined;
  /** What was sent last was not read: then each request waits until it was. */
  let doubt = false;
  /** Connections in a row that the receiver ended before us, with nothing confirmed in between. */
  let earlyEnds = 0;

  /** Rejects with the error of the attempt. */
  async function openSession(signal: AbortSignal): Promise<SyslogSession> {
    clearTimeout(timer);
    const started = performance.now();
    files = connector.files();
    const socket = await connector.connect(signal);
    const times = {
      confirmTimeoutMs: context.requestTimeoutMs,
      settleMs: settings.settleTime,
      minAgeMs: Math.max(MIN_AGE_MS, 2 * (performance.now() - started)),
    };
    const begin = (unconfirmable: boolean): SyslogSession =>
      createSyslogSession(socket, times, unconfirmable, () => {
        earlyEnds += 1;
        if (earlyEnds >= MOST_EARLY_ENDS) {
          socket.destroy();
          return { kind: "sent", unconfirmed: UNCONFIRMED };
        }
        // Again over the same connection: if it is closed, and not only its one side, writing shows that.
        session = begin(true);
        return { kind: "maybe_duplicate", reason: ENDED_EARLY };
      });
    const opened = begin(false);
    timer = setTimeout(() => opened.finish(), settings.confirmInterval);
    return (session = opened);
  }

  function currentSession(signal: AbortSignal): Promise<SyslogSession> {
    if (session?.open === true) {
      return Promise.resolve(session);
    }
    return (opening ??= openSession(signal).finally(() => (opening = undefined)));
  }

  /** Where nothing can be confirmed, what the system took counts as sent already. */
  function endSession(current: SyslogSession): void {
    if (current.unconfirmable) {
      current.destroy(CLOSED);
    } else {
      current.finish();
    }
  }

  async function settledOf(current: SyslogSession): Promise<Settled> {
    const settled = await current.settled();
    doubt = settled.kind !== "sent";
    if (settled.kind === "sent" && settled.unconfirmed === undefined) {
      earlyEnds = 0;
    }
    if (doubt && session === current) {
      session = undefined;
    }
    return settled;
  }

  return {
    platform: "syslog",
    prepare: (events) => Promise.resolve(prepareSyslog(events, encode, settings.maxMessageSize)),
    async send({ body, events }, signal): Promise<DeliveryResult> {
      if (session?.open === true && connector.files() !== files) {
        endSession(session);
      }
      // What is on its way goes before, and another connection might overtake it.
      if (session !== undefined && !session.open && session.outstanding > 0) {
        const before = await unlessAborted(session.end, signal, GIVEN_UP);
        if (before.kind !== "sent") {
          return { kind: "retry", reason: NOT_READ, repeated: true };
        }
      }
      const limit = AbortSignal.any([signal, AbortSignal.timeout(context.requestTimeoutMs)]);
      let current: SyslogSession;
      try {
        current = await currentSession(limit);
      } catch (error) {
        earlyEnds = 0;
        const result = failureResult(error);
        return result.kind === "maybe_duplicate" ? { ...result, kind: "retry" } : result;
      }
      const { unconfirmable } = current;
      const settled = unconfirmable ? undefined : settledOf(current);
      try {
        await current.write(body, events.length, limit);
      } catch (error) {
        // A message that was cut off in the middle would swallow the beginning of the next one.
        current.destroy(failureResult(error).reason);
        return unlessAborted(settled ?? settledOf(current), signal, GIVEN_UP);
      }
      if (settled === undefined) {
        doubt = false;
        return { kind: "sent", unconfirmed: UNCONFIRMED };
      }
      // Without this limit the kernel of a hung receiver might take any number.
      if (doubt || current.events >= settings.confirmEvents) {
        current.finish();
      }
      return doubt ? unlessAborted(settled, signal, GIVEN_UP) : { kind: "awaiting", settled };
    },
    check: (signal) => checkSyslog(connector, signal),
    close() {
      clearTimeout(timer);
      session?.destroy(CLOSED);
      return Promise.resolve();
    },
  };
}

const NOT_READ = "not sent, for the receiver has not read what went before";
const CLOSED = "closed before the receiver had read it";
const GIVEN_UP = "given up before the receiver had read it";
