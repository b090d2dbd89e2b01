import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@sark/embedded-postgres";
import { waitUntil } from "@sark/observability/waiting";
import { requireServer } from "../required-server.ts";

export interface VictoriaLogs {
  /** Base address: `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** What a query of LogsQL finds, once what was sent before can be searched. */
  query(logsQl: string): Promise<readonly Readonly<Record<string, string>>[]>;
  close(): Promise<void>;
}

/** Starts a real VictoriaLogs on 127.0.0.1. Ask `requireServer("victoria-logs")` before. */
export async function startVictoriaLogs(): Promise<VictoriaLogs> {
  const executable = requireServer("victoria-logs");
  if (executable === null) {
    throw new Error("victoria-logs was not found; ask requireServer('victoria-logs') before");
  }
  const folder = mkdtempSync(join(tmpdir(), "sark-victoria-logs-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    executable,
    [`-storageDataPath=${folder}`, `-httpListenAddr=127.0.0.1:${port}`, "-loggerLevel=ERROR"],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  const exited = once(child, "close");
  const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(`${url}${path}`, init);

  await waitUntil(
    async () => {
      if (child.exitCode !== null) {
        throw new Error(`victoria-logs ended: ${said}`);
      }
      return ask("/health").then(
        ({ ok }) => ok,
        () => false,
      );
    },
    { everyMs: 20 },
  );
  return {
    url,
    async query(logsQl) {
      await ask("/internal/force_flush");
      const response = await ask("/select/logsql/query", {
        method: "POST",
        body: new URLSearchParams({ query: logsQl }),
      });
      const text = await response.text();
      if (!response.ok) {
        throw new Error(`the query failed with ${response.status}: ${text}`);
      }
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, string>);
    },
    async close() {
      process.off("exit", kill);
      kill();
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
