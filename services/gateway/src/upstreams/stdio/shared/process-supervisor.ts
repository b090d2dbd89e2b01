import type { JsonRpcId, JsonRpcMessage } from "../../../domain/json-rpc.ts";
import { UpstreamError } from "../../../domain/upstream.ts";
import { type MessageProcess, type Program, startProcess } from "../process/message-process.ts";
import { createStartGate } from "../process/start-gate.ts";
import { isResponse } from "../../../mcp-protocol/json-rpc/guards.ts";
import { PROBE, PROBE_ID, versionsIn } from "./era-probe.ts";

export interface StatelessServer {
  readonly process: MessageProcess;
  /** Stateless revisions that it speaks, by its own word. */
  readonly versions: readonly string[];
}

/** Keeps one process running for as long as it is wanted. */
export interface ProcessSupervisor {
  /**
   * The running process, started if need be; `null` when the server speaks the older revisions only.
   * Rejects with `upstream_unreachable`, at once while a crashed process waits to be started again.
   */
  acquire(): Promise<StatelessServer | null>;
  readonly running: boolean;
  /** Why the last process was of no use, or ended by itself. */
  readonly failure: UpstreamError | null;
  /** Asks the server anew whether it speaks the stateless revision. */
  forgetEra(): void;
  stop(): Promise<void>;
}

export interface SupervisorOptions {
  readonly program: Program;
  /** Only what the running process says; one that was given up is no longer heard. */
  onMessage(message: JsonRpcMessage, line: Buffer, process: MessageProcess): void;
  /** A response that is too large for the request of this id. */
  onOversized(id: JsonRpcId, reason: UpstreamError): void;
  onEnd(reason: UpstreamError): void;
}

/** A process that lived this long did not crash because of how it was started. */
const STABLE_MS = 10_000;
/** A server may be upgraded while the gateway runs, so this is asked again now and then. */
const OLDER_ERA_KEPT_MS = 300_000;

export function createSupervisor({
  program,
  onMessage,
  onOversized,
  onEnd,
}: SupervisorOptions): ProcessSupervisor {
  const { upstream, limits } = program;
  let current: Promise<StatelessServer | null> | null = null;
  let live: MessageProcess | null = null;
  const ending = new Set<Promise<void>>();
  let olderEraUntil = 0;
  const gate = createStartGate(upstream);
  let closed = false;

  function start(): Promise<StatelessServer | null> {
    const probe = Promise.withResolvers<readonly string[] | null>();
    const startedAt = gate.pass();
    let probing = true;
    const process = startProcess(program, "shared", {
      onMessage: (message, line) => {
        if (live !== process) {
          return;
        }
        if (!probing) {
          onMessage(message, line, process);
        } else if (isResponse(message) && message.id === PROBE_ID) {
          probing = false;
          probe.resolve(versionsIn(message));
        }
      },
      onOversized: (id, reason) => {
        if (live === process && id !== null) {
          onOversized(id, reason);
        }
      },
      onEnd: (reason) => {
        ended(process, startedAt, reason);
        probe.reject(reason);
      },
    });
    live = process;
    // A server of the older revisions may well not respond to what it does not know.
    const timer = setTimeout(() => {
      probing = false;
      probe.resolve(null);
    }, limits.probeMs);
    const result = probe.promise
      .finally(() => clearTimeout(timer))
      .then((versions) => {
        if (versions !== null) {
          return { process, versions };
        }
        olderEraUntil = performance.now() + OLDER_ERA_KEPT_MS;
        release(process);
        return null;
      });
    // Where it has ended already, `onEnd` tells why.
    process.tell(PROBE);
    return result;
  }

  function release(process: MessageProcess): void {
    live = live === process ? null : live;
    current = null;
    const stopped = process.stop();
    ending.add(stopped);
    void stopped.finally(() => ending.delete(stopped));
  }

  function ended(process: MessageProcess, startedAt: number, reason: UpstreamError): void {
    if (live !== process) {
      return;
    }
    live = null;
    current = null;
    if (performance.now() - startedAt >= STABLE_MS) {
      gate.succeeded();
    }
    gate.failed(startedAt, reason);
    onEnd(reason);
  }

  async function acquire(): Promise<StatelessServer | null> {
    if (current !== null) {
      return current;
    }
    if (closed) {
      throw new UpstreamError("upstream_unreachable", `upstream "${upstream}" is closed`);
    }
    if (performance.now() < olderEraUntil) {
      return null;
    }
    current = start();
    return current;
  }

  return {
    acquire,
    get running() {
      return live !== null;
    },
    get failure() {
      return gate.failure;
    },
    forgetEra: () => {
      olderEraUntil = 0;
    },
    stop: async () => {
      closed = true;
      if (live !== null) {
        const process = live;
        live = null;
        release(process);
      }
      await Promise.all(ending);
    },
  };
}
