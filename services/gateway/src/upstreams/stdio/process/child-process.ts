import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { UpstreamError } from "../../../domain/upstream.ts";
import { within } from "@sark/observability/waiting";
import { captureStderr, type StderrCapture } from "./stderr-capture.ts";

export interface ChildOptions {
  readonly upstream: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  /** Each step of ending it. */
  readonly stopMs: number;
  /** Bytes that may lie unread in its standard input. */
  readonly maxUnreadBytes: number;
  onStdout(chunk: Buffer): void;
  onStderrLine(line: string): void;
  onStderrDropped(lines: number): void;
  /** Called once, when the process has ended and all its output has been handed over. */
  onEnd(end: ChildEnd): void;
}

export interface ChildEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why it could not be started. */
  readonly startError: Error | null;
  /** The last lines of its stderr. */
  readonly stderr: readonly string[];
}

export interface Child {
  /** 0 when it could not be started. */
  readonly pid: number;
  /** Throws `upstream_overloaded` when it does not read what it was sent before, `upstream_died` when it has ended. */
  write(bytes: Buffer | string): void;
  /** Ends it: end of input, then SIGTERM, then SIGKILL to its whole process group. Resolves when it has ended. */
  stop(): Promise<void>;
  /** SIGKILL at once. */
  kill(): void;
}

const OWN_GROUP = process.platform !== "win32";

/** Starts a program with pipes on its three streams, in a process group of its own. */
export function startChild(options: ChildOptions): Child {
  let child: ChildProcessWithoutNullStreams;
  try {
    // A group of its own lets grandchildren be ended too, and keeps a terminal's Ctrl-C from reaching it.
    child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ["pipe", "pipe", "pipe"],
      detached: OWN_GROUP,
      windowsHide: true,
    });
  } catch (error) {
    return neverStarted(options, error);
  }
  if (child.stdin === undefined) {
    // Out of file descriptors there are no pipes; Node says so in an event that must be heard.
    child.on("error", () => {});
    return neverStarted(options, new Error("no file descriptors are left"));
  }
  return watch(child, options);
}

/** Some faults throw at once, such as an argument that no program can be given; most come as an event. */
function neverStarted(options: ChildOptions, cause: unknown): Child {
  const startError = cause instanceof Error ? cause : new Error(String(cause));
  setImmediate(() => {
    options.onEnd({ exitCode: null, signal: null, startError, stderr: [] });
  });
  return {
    pid: 0,
    write: () => {
      throw new UpstreamError("upstream_unreachable", `upstream "${options.upstream}" could not be started`, {
        cause,
      });
    },
    stop: async () => {},
    kill: () => {},
  };
}

function watch(child: ChildProcessWithoutNullStreams, options: ChildOptions): Child {
  const pid = child.pid ?? 0;
  const ended = Promise.withResolvers<void>();
  const stderr: StderrCapture = captureStderr(options.onStderrLine, options.onStderrDropped);
  let startError: Error | null = null;
  let over = false;
  let stopping: Promise<void> | undefined;

  child.stdout.on("data", options.onStdout);
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // Its faults show as its exit; EPIPE on a pipe by itself says nothing more.
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    stream.on("error", () => {});
  }
  // A server that closed its output can respond to nothing any more.
  child.stdout.once("end", () => void stop());

  child.on("error", (error) => {
    if (pid === 0) {
      startError = error;
      finish(null, null);
    }
  });
  child.once("exit", () => {
    signalGroup("SIGKILL");
    // A process that left the group may still hold the pipes open.
    const release = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, options.stopMs);
    child.once("close", () => clearTimeout(release));
  });
  child.once("close", finish);

  function finish(exitCode: number | null, signal: string | null): void {
    if (!over) {
      over = true;
      child.stdin.destroy();
      stderr.end();
      ended.resolve();
      options.onEnd({ exitCode, signal, startError, stderr: stderr.tail() });
    }
  }

  function signalGroup(signal: NodeJS.Signals): void {
    try {
      if (OWN_GROUP && pid > 0) {
        process.kill(-pid, signal);
      } else {
        child.kill(signal);
      }
    } catch {
      // ESRCH: no process is left.
    }
  }

  function write(bytes: Buffer | string): void {
    if (over || !child.stdin.writable) {
      throw new UpstreamError("upstream_died", `upstream "${options.upstream}" has ended`);
    }
    if (child.stdin.writableLength > options.maxUnreadBytes) {
      throw new UpstreamError(
        "upstream_overloaded",
        `upstream "${options.upstream}" does not read its input`,
      );
    }
    child.stdin.write(bytes);
  }

  function endedWithin(milliseconds: number): Promise<boolean> {
    return within(
      milliseconds,
      ended.promise.then(() => true),
      false,
    );
  }

  async function escalate(): Promise<void> {
    child.stdin.end();
    if (await endedWithin(options.stopMs)) {
      return;
    }
    signalGroup("SIGTERM");
    if (await endedWithin(options.stopMs)) {
      return;
    }
    signalGroup("SIGKILL");
    // Not even SIGKILL ends a process that hangs in the kernel; closing must not hang with it.
    await endedWithin(options.stopMs);
  }

  function stop(): Promise<void> {
    stopping ??= over ? Promise.resolve() : escalate();
    return stopping;
  }

  return { pid, write, stop, kill: () => signalGroup("SIGKILL") };
}
