import { parseJson } from "@sark/audit/json";
import { createLineSplitter } from "@sark/observability/lines";
import type { JsonRpcId, JsonRpcMessage } from "../../../domain/json-rpc.ts";
import { UpstreamError } from "../../../domain/upstream.ts";
import { measureJson, elementRanges, skipBlank } from "@sark/json";
import type { ProcessRole, UpstreamEvent } from "../../contract/observer.ts";
import type { StdioLimits } from "./limits.ts";
import { isMessage } from "../../../mcp-protocol/json-rpc/guards.ts";
import { type ChildEnd, startChild } from "./child-process.ts";
import { createJunkBudget } from "./junk-budget.ts";
import { createOversizedLine, type OversizedLine } from "./oversized-line.ts";
import { tellingLine } from "./stderr-tail.ts";

/** The program of an upstream, as it is to be started. */
export interface Program {
  readonly upstream: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  readonly limits: StdioLimits;
  /** This replica, among those that may be asked for its sessions; `null` where it is the only one. */
  readonly replica: string | null;
  observe(event: UpstreamEvent): void;
}

export interface ProcessHandlers {
  /** `line` is the message as the server wrote it. */
  onMessage(message: JsonRpcMessage, line: Buffer): void;
  /** A message that is too large was skipped; `id` is that of the request it responds to, `null` where it names none. */
  onOversized(id: JsonRpcId | null, reason: UpstreamError): void;
  /** Called once; nothing is called after it. */
  onEnd(reason: UpstreamError): void;
}

/** A running MCP server that speaks JSON-RPC in lines. */
export interface MessageProcess {
  readonly pid: number;
  /** Sends one message, without line breaks in it. Throws `upstream_overloaded` or `upstream_died`. */
  send(message: Buffer | string): void;
  /** The same for what nothing depends on: a server that has ended, or does not read, cannot be told. */
  tell(message: string): void;
  /** Resolves when it and its whole process group have ended. */
  stop(): Promise<void>;
}

/** A batch is bounded by the line; its messages are handed over one by one. */
export function startProcess(program: Program, role: ProcessRole, handlers: ProcessHandlers): MessageProcess {
  const { upstream, limits, observe } = program;
  let expected = false;
  let spoke = false;
  let fault: UpstreamError | null = null;

  const junk = createJunkBudget();
  let oversized: { readonly line: OversizedLine; bytes: number } | null = null;

  const lines = createLineSplitter({ maxBytes: limits.messageBytes, crlf: true, skipEmpty: true }, receive, {
    begin: (start) => {
      oversized = { line: createOversizedLine(), bytes: 0 };
      skip(start);
    },
    more: skip,
    end: () => {
      const id = oversized?.line.respondsTo() ?? null;
      oversized = null;
      if (fault !== null) {
        return;
      }
      leaveOut(id, `of more than ${limits.messageBytes} bytes; raise limits.messageSize`);
    },
  });
  const child = startChild({
    ...program,
    stopMs: limits.stopMs,
    maxUnreadBytes: limits.messageBytes,
    onStdout: (chunk) => lines.push(chunk),
    onStderrLine: (line) => observe({ type: "stderr", pid: child.pid, line }),
    onStderrDropped: (dropped) => observe({ type: "stderr_dropped", pid: child.pid, lines: dropped }),
    onEnd: (end) => {
      lines.end();
      if (child.pid > 0) {
        observe({
          type: "process_ended",
          pid: child.pid,
          role,
          exitCode: end.exitCode,
          signal: end.signal,
          expected,
          stderr: end.stderr,
        });
      }
      handlers.onEnd(fault ?? endReason(upstream, end, { expected, spoke }));
    },
  });
  if (child.pid > 0) {
    observe({ type: "process_started", pid: child.pid, role });
  }

  /** The rest of a message that is too large is read for its id, so that only its request fails. */
  function skip(part: Buffer): void {
    if (oversized === null || fault !== null) {
      return;
    }
    oversized.line.push(part);
    oversized.bytes += part.length;
    if (oversized.bytes <= limits.messageBytes * ENDLESS) {
      return;
    }
    const size = `of more than ${limits.messageBytes} bytes; raise limits.messageSize`;
    fail(tooLarge(`sends a message without an end, ${size}`));
  }

  /** A message that is too large was skipped: it fails its own request alone. */
  function leaveOut(id: JsonRpcId | null, size: string): void {
    observe({ type: "oversized", pid: child.pid, size });
    handlers.onOversized(id, tooLarge(`sent a response ${size}`));
  }

  function tooLarge(did: string): UpstreamError {
    return new UpstreamError("upstream_too_large", `upstream "${upstream}" ${did}`);
  }

  function fail(reason: UpstreamError): void {
    fault ??= reason;
    child.kill();
  }

  function reject(line: Buffer, reason: string): void {
    observe({ type: "junk", pid: child.pid, reason, bytes: line.length });
    if (junk.spend(line.length)) {
      return;
    }
    const message = `upstream "${upstream}" floods its stdout with what is no JSON-RPC; it must write messages there and nothing else, and print to stderr`;
    fail(new UpstreamError("upstream_garbage", message));
  }

  function receive(line: Buffer): void {
    if (fault !== null) {
      return;
    }
    const text = line.toString("utf8");
    if (measureJson(text).values > MAX_VALUES) {
      const skipped = createOversizedLine();
      skipped.push(line);
      leaveOut(skipped.respondsTo() ?? null, `of more than ${MAX_VALUES} JSON values`);
      return;
    }
    let value: unknown;
    try {
      value = parseJson(text, "any");
    } catch {
      reject(line, "not JSON");
      return;
    }
    if (!Array.isArray(value)) {
      accept(value, line);
      return;
    }
    // In the server's own words: values written anew would lose how their numbers were spelt.
    for (const [at, { start, end }] of elementRanges(text, skipBlank(text, 0)).entries()) {
      accept(value[at], Buffer.from(text.slice(start, end)));
    }
  }

  function accept(value: unknown, line: Buffer): void {
    if (isMessage(value)) {
      spoke = true;
      handlers.onMessage(value, line);
    } else {
      reject(line, "not a JSON-RPC message");
    }
  }

  function send(message: Buffer | string): void {
    child.write(typeof message === "string" ? `${message}\n` : Buffer.concat([message, LINE_BREAK]));
  }

  return {
    pid: child.pid,
    send,
    tell: (message) => {
      try {
        send(message);
      } catch (error) {
        if (!(error instanceof UpstreamError)) {
          throw error;
        }
      }
    },
    stop: () => {
      expected = true;
      return child.stop();
    },
  };
}

/** JSON values in one message: parsing that many takes a tenth of a second, and all else waits meanwhile. */
const MAX_VALUES = 250_000;

/** How many times the bound a message may be that is skipped to its end. */
const ENDLESS = 8;

const LINE_BREAK = Buffer.from("\n");

function endReason(
  upstream: string,
  end: ChildEnd,
  state: { readonly expected: boolean; readonly spoke: boolean },
): UpstreamError {
  const cause = end.startError ?? lastWords(end);
  if (end.startError !== null) {
    return new UpstreamError(
      "upstream_unreachable",
      `upstream "${upstream}" could not be started; check its command and cwd`,
      { cause },
    );
  }
  if (state.expected) {
    return new UpstreamError("upstream_died", `upstream "${upstream}" was stopped`, { cause });
  }
  const how = end.signal === null ? `exited with code ${end.exitCode}` : `was ended by ${end.signal}`;
  return state.spoke
    ? new UpstreamError("upstream_died", `upstream "${upstream}" ${how}`, { cause })
    : new UpstreamError("upstream_unreachable", `upstream "${upstream}" ${how} before its first message`, {
        cause,
      });
}

/** What a server prints may hold secrets: it goes into the cause, for the log and for operators, and not to callers. */
function lastWords({ stderr }: ChildEnd): Error {
  const line = tellingLine(stderr);
  return new Error(line === null ? "it printed nothing to stderr" : `its stderr says: ${line}`);
}
