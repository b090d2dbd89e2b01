import { randomBytes } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@sark/embedded-postgres";
import { waitUntil } from "@sark/observability/waiting";
import { compositionEnvironment, readComposition, type Composition } from "../support/composition.ts";
import { IMAGES } from "@sark/deployment/images";
import { makeBaseImages, nodeImage } from "./base-images.ts";
import type { Engine } from "./engine.ts";
import { inOrder, runArguments } from "./run-arguments.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What of the composition runs in containers. */
export interface RunningComposition {
  readonly composition: Composition;
  readonly gatewayUrl: string;
  readonly metricsServiceUrl: string;
  readonly postgresPassword: string;
  readonly redisPassword: string;
  /** Waits until the health check of a container passes. Rejects with its log when it has ended instead. */
  healthy(name: string): Promise<void>;
}

/** The services of this repository and what they need; what watches them is in images that only a registry has. */
const STARTED = ["gateway", "metrics-service", "scrape-keys"];

/** Builds the images by the Dockerfile as it is. */
export async function buildImages(
  engine: Engine,
  folder: string,
  say: (line: string) => void,
): Promise<void> {
  const { services } = readComposition(variables({}));
  const image = (name: string): string => services[name]?.image ?? "";
  await makeBaseImages(engine, folder, {
    node: nodeImage(),
    postgres: image("postgres"),
    redis: image("redis"),
    busybox: image("prepare"),
  });
  const npmCache = execFileSync("npm", ["config", "get", "cache"], { encoding: "utf8" }).trim();
  mkdirSync(npmCache, { recursive: true });
  for (const target of Object.keys(IMAGES)) {
    const name = Object.values(services).find(({ build }) => build?.target === target)?.image ?? "";
    const started = performance.now();
    // Of Docker's format: OCI's has no health checks.
    await engine.run([
      "build",
      "--quiet",
      "--pull=never",
      "--format=docker",
      "--network=host",
      // Packages that this machine has already; what the builds add to it is dropped.
      `--volume=${npmCache}:/root/.npm:O`,
      `--target=${target}`,
      `--file=${join(ROOT, "deployment/images/Dockerfile")}`,
      `--tag=${name}`,
      ROOT,
    ]);
    say(`image: ${name} built by the Dockerfile, ${((performance.now() - started) / 1_000).toFixed(0)} s`);
  }
}

export async function startComposition(engine: Engine, folder: string): Promise<RunningComposition> {
  const [gatewayPort, metricsPort] = [await freePort(), await freePort()];
  const postgresPassword = randomBytes(24).toString("hex");
  const redisPassword = randomBytes(24).toString("hex");
  const composition = readComposition(
    variables({
      POSTGRES_PASSWORD: postgresPassword,
      REDIS_PASSWORD: redisPassword,
      GATEWAY_PORT: String(gatewayPort),
      METRICS_SERVICE_PORT: String(metricsPort),
    }),
  );
  const { services, networks } = composition;
  for (const [name, { internal }] of Object.entries(networks)) {
    await engine.run(["network", "create", ...(internal === true ? ["--internal"] : []), name]);
  }
  const healthy = (name: string): Promise<void> => waitForHealth(engine, name);
  for (const name of inOrder(services, STARTED)) {
    const service = services[name];
    if (service === undefined) {
      throw new Error(`the composition has no service ${name}`);
    }
    const changes = name === "gateway" ? withTools(folder) : {};
    const once = Object.values(services).some(
      ({ depends_on: needs }) => needs?.[name]?.condition === "service_completed_successfully",
    );
    await engine.run(["run", ...(once ? [] : ["--detach"]), ...runArguments(name, service, changes)]);
    if (!once) {
      await healthy(name);
    }
  }
  return {
    composition,
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    metricsServiceUrl: `http://127.0.0.1:${metricsPort}`,
    postgresPassword,
    redisPassword,
    healthy,
  };
}

async function waitForHealth(engine: Engine, name: string): Promise<void> {
  const passed = await waitUntil(
    async () => {
      if ((await engine.result(["healthcheck", "run", name])).code === 0) {
        return true;
      }
      if ((await engine.run(["inspect", "--format={{.State.Running}}", name])) !== "true") {
        throw new Error(`${name} has ended:\n${(await engine.result(["logs", name])).text}`);
      }
      return false;
    },
    { everyMs: 250, signal: AbortSignal.timeout(120_000) },
  );
  if (!passed) {
    throw new Error(
      `${name} is not healthy after two minutes:\n${(await engine.result(["logs", name])).text}`,
    );
  }
}

/** The settings of the composition and a server behind the gateway: a program that it starts, from this repository. */
export function withTools(folder: string): { mounts: string[]; files: Record<string, string> } {
  const settings = JSON.parse(
    readFileSync(join(ROOT, "deployment/monitoring/configs/gateway/development.json"), "utf8"),
  ) as object;
  const file = join(folder, "gateway.json");
  const args = ["/repository/packages/testkit/src/mcp-server/main.ts", "--stdio"];
  const tools = {
    name: "tools",
    transport: "stdio",
    command: "/usr/local/bin/node",
    args,
    sensitivity: "low",
  };
  writeFileSync(file, JSON.stringify({ ...settings, upstreams: [tools] }));
  return { mounts: [`${ROOT}:/repository:ro`], files: { "/etc/sark/gateway.json": file } };
}

const variables = (given: Readonly<Record<string, string>>): Record<string, string> => ({
  ...compositionEnvironment(".env.example"),
  POSTGRES_PASSWORD: randomBytes(24).toString("hex"),
  REDIS_PASSWORD: randomBytes(24).toString("hex"),
  GRAFANA_ADMIN_PASSWORD: randomBytes(24).toString("hex"),
  ...given,
});
