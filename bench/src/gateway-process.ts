import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ServiceUnderLoad, startServiceProcess } from "./service-process.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A gateway as `npm start` runs it, with its workers. */
export interface GatewayUnderLoad extends ServiceUnderLoad {
  readonly apiKey: string;
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
  const service = await startServiceProcess({
    main: "services/gateway/src/main.ts",
    args: ["--config", file],
    env: { DATABASE_URL: databaseUrl },
  });
  return { ...service, apiKey: readFileSync(join(dataDirectory, "admin.key"), "utf8").trim() };
}
