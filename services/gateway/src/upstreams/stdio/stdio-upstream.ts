import { UpstreamError } from "../../domain/upstream.ts";
import type { ObservedUpstream, UpstreamObserver } from "../contract/observer.ts";
import type { StdioLimits } from "./process/limits.ts";
import { createProgramCheck } from "./check-program.ts";
import { childEnvironment } from "./process/environment.ts";
import type { Program } from "./process/message-process.ts";
import { untilAborted } from "../waiting/until-aborted.ts";
import { createSessions } from "./session/sessions.ts";
import { isStateless } from "./shared/envelope.ts";
import { createSharedProcess } from "./shared/shared-process.ts";

export interface StdioUpstreamOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** In addition to the few variables of the gateway's own environment that programs need to run. */
  env(): Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The gateway's own environment. */
  readonly parentEnvironment: Readonly<Record<string, string | undefined>>;
  readonly limits: StdioLimits;
  /** This replica, among those that may be asked for its sessions. */
  readonly replica?: string | null;
  /** How long it may be silent about a request, where that is not as for all; those who wait see to it. */
  readonly requestTimeoutMs?: number;
  readonly propagateTrace: boolean;
  readonly observer: UpstreamObserver;
  /** When a health check may start the program. */
  inTurn(start: () => Promise<void>): Promise<void>;
  /** How long a health check waits for the program to start. */
  readonly checkWaitMs?: number;
}

const CHECK_WAIT_MS = 600;

/**
 * An MCP server that the gateway starts itself, bridged to the shape of Streamable HTTP. Clients with
 * sessions get a process for each session, those of a stateless revision share one; neither is started
 * before it is asked for. Between the eras nothing is translated.
 */
export function createStdioUpstream(options: StdioUpstreamOptions): ObservedUpstream {
  const { name, observer } = options;
  let lastEnd: Readonly<Record<string, unknown>> | null = null;
  const program: Program = {
    upstream: name,
    command: options.command,
    args: options.args,
    get env() {
      return childEnvironment(options.parentEnvironment, options.env());
    },
    cwd: options.cwd,
    limits: options.limits,
    replica: options.replica ?? null,
    observe: (event) => {
      if (event.type === "process_ended" && !event.expected) {
        const { exitCode, signal, stderr } = event;
        lastEnd = { at: new Date().toISOString(), exit_code: exitCode, signal, stderr };
      }
      observer(name, event);
    },
  };
  const sessions = createSessions(program);
  const shared = createSharedProcess(program);
  const check = createProgramCheck({
    runs: [sessions, shared],
    start: (anew) => shared.check(anew),
    inTurn: options.inTurn,
    waitMs: options.checkWaitMs ?? CHECK_WAIT_MS,
  });

  return {
    name,
    transport: "pipe",
    ...(options.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: options.requestTimeoutMs }),
    propagateTrace: options.propagateTrace,
    exchange: async (request) => {
      try {
        const response = await (isStateless(request) ? shared : sessions).exchange(request);
        response.body.once("error", report);
        return response;
      } catch (error) {
        report(error);
        throw error;
      }
    },
    check: (signal) => untilAborted(check(), signal, () => signal.reason),
    known: () => (lastEnd === null ? {} : { last_exit: lastEnd }),
    stats: () => ({ sessions: sessions.figures(), shared: shared.figures() }),
    close: async () => {
      await Promise.all([sessions.close(), shared.close()]);
    },
  };

  function report(error: unknown): void {
    if (error instanceof UpstreamError && error.code !== "cancelled") {
      observer(name, { type: "failed", code: error.code, message: error.message, cause: error.cause });
    }
  }
}
