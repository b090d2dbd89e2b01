import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { treeCpuSeconds } from "./process-tree.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A gateway as `npm start` runs it, with its workers. */
export interface GatewayUnderLoad {
  readonly url: string;
  readonly apiKey: string;
  /** User and system CPU seconds so far, of all its processes. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** Starts one with these settings; rejects with what it said when it ends instead. */
export async function startGatewayProcess(options: {
  readonly folder: string;
  readonly databaseUrl: string;
  readonly settings: object;
}): Promise<GatewayUnderLoad> {
  const { folder, databaseUrl, settings } = options;
  mkdirSync(folder);
  const file = join(folder, "sark.json");
  const dataDirectory = join(folder, "data");
  writeFileSync(
    file,
    JSON.stringify({
      dataDirectory,
      http: { port: 0 },
      policy: { directory: join(ROOT, "policies") },
      logging: { stdout: false, files: { directory: join(folder, "logs") } },
      ...settings,
    }),
  );
  const child = spawn(process.execPath, [join(ROOT, "services/gateway/src/main.ts"), "--config", file], {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], DATABASE_URL: databaseUrl },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  let said = "";
  const ready = new Promise<void>((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("Ctrl-C ends everything.")) {
        resolve();
      }
    });
  });
  const ended = exited.then(() => {
    throw new Error(`the gateway under load ended: ${said}`);
  });
  await Promise.race([ready, ended]);
  ended.catch(() => undefined);
  return {
    url: /^SARK gateway: (\S+)$/m.exec(said)?.[1] ?? "",
    apiKey: readFileSync(join(dataDirectory, "admin.key"), "utf8").trim(),
    cpuSeconds: () => treeCpuSeconds(child.pid ?? 0),
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
