import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { UpstreamObserver } from "../upstreams/contract/observer.ts";
import type { GatewayCatalog } from "./catalog.ts";
import { createLineLimit } from "./line-limit.ts";

/** What happens at upstream servers in addition to their responses. */
export function createUpstreamEvents(deps: {
  readonly recorder: Recorder<GatewayCatalog>;
  readonly logger: Logger;
}): UpstreamObserver {
  const { recorder } = deps;
  const logger = deps.logger.child({ component: "upstream" });
  const limit = createLineLimit(() => {
    recorder.increment("sark_gateway_log_lines_suppressed_total", { about: "upstream" });
  });
  /** What a server can bring about as often as it likes. */
  function warn(server: string, what: string, fields: Record<string, unknown>, text: string): void {
    limit.write(
      `${server} ${what}`,
      () => logger.warn({ server, ...fields }, text),
      (lines) => logger.warn({ server, lines }, `left out further lines: ${text}`),
    );
  }
  return (server, event) => {
    switch (event.type) {
      case "failed":
        recorder.increment("sark_gateway_upstream_errors_total", { server, error_type: event.code });
        // The line of the call that ends with it is the warning; this one has the details.
        logger.info({ server, error_type: event.code, ...reasonOf(event.cause) }, event.message);
        return;
      case "process_started":
        recorder.adjust("sark_gateway_upstream_processes", { server, role: event.role }, 1);
        logger.debug({ server, pid: event.pid, role: event.role }, "server process started");
        return;
      case "process_ended": {
        recorder.adjust("sark_gateway_upstream_processes", { server, role: event.role }, -1);
        const fields = { server, pid: event.pid, exit_code: event.exitCode, signal: event.signal };
        if (event.expected) {
          logger.debug(fields, "server process ended");
        } else {
          logger.error({ ...fields, stderr: event.stderr }, "server process ended by itself");
        }
        return;
      }
      case "session_opened":
        recorder.set("sark_gateway_upstream_sessions", { server }, event.open);
        return;
      case "session_closed":
        recorder.set("sark_gateway_upstream_sessions", { server }, event.open);
        logger.debug(
          { server, user: event.caller?.principal.id ?? "the gateway", reason: event.reason },
          "session ended",
        );
        return;
      case "session_renewed":
        recorder.increment("sark_gateway_upstream_sessions_renewed_total", { server });
        logger.info(
          { server, user: event.caller?.principal.id ?? "the gateway" },
          "the server knew a session no more: another one stands in its place",
        );
        return;
      case "token_requested": {
        const { grant, problem } = event;
        const result = problem === null ? "ok" : "failed";
        recorder.increment("sark_gateway_upstream_tokens_total", { server, grant, result });
        if (problem !== null) {
          warn(server, event.type, { grant }, problem);
        }
        return;
      }
      case "files_changed": {
        const { problem } = event;
        if (problem === null) {
          logger.info({ server }, "changed files of the server's settings are in use");
        } else {
          logger.error({ server }, `a changed file cannot be used, what was before is: ${problem}`);
        }
        return;
      }
      case "stderr":
        logger.debug({ server, pid: event.pid }, event.line);
        return;
      case "stderr_dropped":
        warn(
          server,
          event.type,
          { pid: event.pid, lines: event.lines },
          "lines of the server's stderr were dropped",
        );
        return;
      case "junk":
        recorder.increment("sark_gateway_upstream_dropped_total", { server, what: "junk" });
        warn(
          server,
          event.type,
          { pid: event.pid },
          `skipped a line of stdout that is no message: ${event.reason}`,
        );
        return;
      case "oversized":
        recorder.increment("sark_gateway_upstream_dropped_total", { server, what: "oversized" });
        warn(server, event.type, { pid: event.pid }, `skipped a message ${event.size}`);
        return;
      case "unrouted":
        recorder.increment("sark_gateway_upstream_dropped_total", { server, what: "unrouted" });
        warn(
          server,
          event.type,
          { kind: event.kind, method: event.method },
          "dropped a message that names no caller",
        );
        if (event.excerpt !== null) {
          logger.debug({ server, text: event.excerpt }, "log message of the server");
        }
        return;
      case "replay_dropped":
        recorder.increment("sark_gateway_upstream_dropped_total", { server, what: "replay" }, event.events);
        return;
    }
  };
}

/** What lies behind a failure, without its stack: a server that is down fails each call. */
function reasonOf(cause: unknown): { readonly reason?: string } {
  if (!(cause instanceof Error)) {
    return {};
  }
  // To all addresses of a host at once Node fails with a code and no words.
  const { code } = cause as { code?: unknown };
  const reason = cause.message || (typeof code === "string" ? code : "");
  return reason === "" ? {} : { reason: reason.slice(0, MAX_REASON) };
}

const MAX_REASON = 500;
