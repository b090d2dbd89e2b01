import type { Socket } from "node:net";
import { failureOutcome } from "../../http/failure-outcome.ts";
import type { Outcome, Sink } from "../../sink.ts";
import type { SinkContext } from "../sink-context.ts";
import type { SyslogSettings } from "./config.ts";
import { createSyslogConnection } from "./connection.ts";
import { syslogEncoder } from "./encoder.ts";
import { checkSyslog } from "./health.ts";
import { prepareSyslog, type SyslogRequest } from "./request.ts";
import { settleAfter } from "./response.ts";

/** RFC 5424 over TCP or TLS: best effort by its nature. Throws `DeliveryError` on bad settings. */
export function createSyslogSink(settings: SyslogSettings, context: SinkContext): Sink<SyslogRequest> {
  const connection = createSyslogConnection(settings);
  const encode = syslogEncoder(settings, context.format, context.host);
  return {
    platform: "syslog",
    prepare: (events) => Promise.resolve(prepareSyslog(events, encode, settings.maxMessageBytes)),
    async send({ body }, signal): Promise<Outcome> {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(context.requestTimeoutMs)]);
      let socket: Socket;
      try {
        socket = await connection.open(limit);
      } catch (error) {
        const outcome = failureOutcome(error);
        return outcome.kind === "maybe_duplicate" ? { ...outcome, kind: "retry" } : outcome;
      }
      try {
        await write(socket, body, limit);
      } catch (error) {
        // A message that was cut off in the middle would swallow the beginning of the next one.
        socket.destroy();
        return failureOutcome(error);
      }
      return { kind: "awaiting", settled: settleAfter(socket, settings.settleMs) };
    },
    check: (signal) => checkSyslog(connection, signal),
    close() {
      connection.close();
      return Promise.resolve();
    },
  };
}

/** Resolves when the operating system has taken it all. */
function write(socket: Socket, body: Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    socket.write(body, (error) => {
      signal.removeEventListener("abort", abort);
      if (error) reject(error);
      else resolve();
    });
  });
}
