import { spawn } from "node:child_process";
import { once } from "node:events";
import { waitUntil } from "@sark/observability/waiting";
import { ROOT } from "./programs/programs.ts";

/** A gateway as a process of its own, for programs that run outside of the tests as well. */
export interface StandaloneGateway {
  readonly pid: number;
  readonly url: string;
  /** What it has written to standard output, its log, since this was called last: whole lines. */
  takeLines(): string[];
  /** All of standard error so far. */
  stderr(): string;
  /** How it ended, or `null` while it runs. */
  ended(): string | null;
  /** SIGTERM; resolves to how it ended. */
  stop(): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

export interface StandaloneOptions {
  /** What node runs: a bundle, or `services/gateway/src/main.ts`. */
  readonly program: string;
  readonly configFile: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Options of node itself. */
  readonly nodeOptions?: readonly string[];
}

/** Starts it and waits until it serves. Rejects with what it said when it ends before. */
export async function startStandaloneGateway(options: StandaloneOptions): Promise<StandaloneGateway> {
  const { program, configFile, environment, nodeOptions = [] } = options;
  const { PATH = "", HOME = "/", NODE_COMPILE_CACHE = "" } = process.env;
  const child = spawn(process.execPath, [...nodeOptions, program, "--config", configFile], {
    cwd: ROOT,
    env: { PATH, HOME, NODE_COMPILE_CACHE, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kept = { stdout: "", stderr: "" };
  let ended: string | null = null;
  child.stdout.setEncoding("utf8").on("data", (text: string) => (kept.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (kept.stderr += text));
  const end = once(child, "close").then(([code, signal]) => (ended = String(code ?? signal)));
  const url = (): string | undefined => /^SARK gateway: (\S+)$/m.exec(kept.stderr)?.[1];
  await waitUntil(() => url() !== undefined || ended !== null, { everyMs: 10 });
  if (ended !== null) {
    throw new Error(`the gateway ended (${String(ended)}): ${kept.stderr}`);
  }
  return {
    pid: child.pid ?? 0,
    url: url() ?? "",
    takeLines() {
      const lines = kept.stdout.split("\n");
      kept.stdout = lines.pop() ?? "";
      return lines;
    },
    stderr: () => kept.stderr,
    ended: () => ended,
    async stop() {
      child.kill("SIGTERM");
      return end;
    },
    kill: (signal) => void child.kill(signal),
  };
}
