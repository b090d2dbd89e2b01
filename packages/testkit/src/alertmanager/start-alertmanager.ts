import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@sark/embedded-postgres";
import { waitUntil } from "@sark/observability/waiting";
import { requireServer } from "../required-server.ts";

/** An alert, as Prometheus sends it. */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly endsAt?: string;
  readonly generatorURL?: string;
}

export interface Alertmanager {
  readonly url: string;
  post(alerts: readonly PostedAlert[]): Promise<void>;
  /** The alerts that it knows, with what silences or inhibits each. */
  alerts(): Promise<
    readonly {
      readonly labels: Readonly<Record<string, string>>;
      readonly status: {
        readonly state: string;
        readonly inhibitedBy: readonly string[];
        readonly silencedBy: readonly string[];
      };
    }[]
  >;
  close(): Promise<void>;
}

/**
 * Starts a real Alertmanager on 127.0.0.1, alone, with this configuration: the path of a file, or an object. Ask
 * `requireServer` for this server before.
 */
export async function startAlertmanager(
  configuration: string | object,
  server: "alertmanager" | "released-alertmanager" = "alertmanager",
): Promise<Alertmanager> {
  const executable = requireServer(server);
  if (executable === null) {
    throw new Error(`${server} was not found; ask requireServer('${server}') before`);
  }
  const folder = mkdtempSync(join(tmpdir(), "sark-alertmanager-"));
  const file = typeof configuration === "string" ? configuration : join(folder, "alertmanager.yml");
  if (typeof configuration !== "string") {
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(configuration));
  }
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    executable,
    [
      `--config.file=${file}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  const exited = once(child, "close");
  await waitUntil(
    async () => {
      if (child.exitCode !== null) {
        throw new Error(`alertmanager ended: ${said}`);
      }
      return fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    },
    { everyMs: 20 },
  );
  return {
    url,
    async post(alerts) {
      const response = await fetch(`${url}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(alerts),
      });
      if (!response.ok) {
        throw new Error(`alertmanager took no alerts: ${response.status} ${await response.text()}`);
      }
    },
    async alerts() {
      const response = await fetch(`${url}/api/v2/alerts`);
      return (await response.json()) as Awaited<ReturnType<Alertmanager["alerts"]>>;
    },
    async close() {
      process.off("exit", kill);
      kill();
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
