import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/** What one of its tools was called with, as encoding/json understood it. */
export interface McpGoCall {
  readonly tool: "echo" | "delete_all";
  readonly arguments: {
    readonly account: string;
    readonly note: string;
    readonly to: { readonly iban: string };
  };
  /** The header `Mcp-Param-Note`; empty where there was none. */
  readonly header: string;
}

/** A real server on mark3labs/mcp-go, whose JSON reader ignores the case of names. */
export interface McpGo {
  /** Over HTTP, in both protocol eras. */
  readonly url: string;
  /** The same program over stdio. */
  readonly command: string;
  readonly environment: { readonly CALLS: string };
  /** All calls that reached a tool, over either transport, since the last time. */
  takeCalls(): readonly McpGoCall[];
  close(): Promise<void>;
}

/** Builds and starts it on a free port of 127.0.0.1. @param go what `requireServer("go")` found */
export async function startMcpGo(go: string): Promise<McpGo> {
  const folder = mkdtempSync(join(tmpdir(), "mcp-go-"));
  const calls = join(folder, "calls.jsonl");
  const command = join(folder, "server");
  const environment = { CALLS: calls };
  try {
    await promisify(execFile)(go, ["build", "-o", command, "."], {
      cwd: join(import.meta.dirname, "server"),
    });
    const child = spawn(command, ["127.0.0.1:0"], {
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const url = await firstLine(child);
    return {
      url,
      command,
      environment,
      takeCalls() {
        const lines = readCalls(calls);
        rmSync(calls, { force: true });
        return lines;
      },
      async close() {
        if (child.exitCode === null && child.kill()) {
          await once(child, "exit");
        }
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) {
    throw new Error("the server has no standard output");
  }
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "exit").then(() => {
    throw new Error("the mcp-go server ended before it listened");
  });
  const [line] = (await Promise.race([once(lines, "line"), ended])) as [string];
  ended.catch(() => {});
  return line;
}

function readCalls(path: string): McpGoCall[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return [];
    }
    throw error;
  }
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as McpGoCall);
}
