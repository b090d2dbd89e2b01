import { spawn } from "node:child_process";
import { once } from "node:events";
import { freePort } from "@sark/embedded-postgres";
import { waitUntil } from "@sark/observability/waiting";
import { requireServer } from "../required-server.ts";

export type ExporterName = "node-exporter" | "postgres-exporter" | "redis-exporter" | "blackbox-exporter";

export interface Exporter {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** What a scrape gets. */
  scrape(path?: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts a real exporter of Prometheus on 127.0.0.1. Ask `requireServer` before. */
export async function startExporter(
  name: ExporterName,
  options: {
    readonly arguments?: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
  } = {},
): Promise<Exporter> {
  const executable = requireServer(name);
  if (executable === null) {
    throw new Error(`${name} was not found; ask requireServer("${name}") before`);
  }
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(executable, [`--web.listen-address=127.0.0.1:${port}`, ...(options.arguments ?? [])], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env["PATH"], ...options.environment },
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  const exited = once(child, "close");
  await waitUntil(
    async () => {
      if (child.exitCode !== null) {
        throw new Error(`${name} ended: ${said}`);
      }
      return fetch(url).then(
        ({ ok }) => ok,
        () => false,
      );
    },
    { everyMs: 20 },
  );
  return {
    url,
    async scrape(path = "/metrics") {
      const response = await fetch(`${url}${path}`);
      return response.text();
    },
    async close() {
      process.off("exit", kill);
      kill();
      await exited;
    },
  };
}
