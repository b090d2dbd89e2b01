import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { waitUntil } from "@sark/observability/waiting";
import { checkRights, verifyLog } from "./check-composition.ts";
import type { Engine } from "./engine.ts";
import { forPodman, podOf, readManifests, type Manifest, type Secrets } from "./pod-manifests.ts";
import { withTools, type RunningComposition } from "./start-composition.ts";
import { send, toolCall } from "../support/requests.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/**
 * Runs the pods of both services by their manifests for Kubernetes, on the databases and with the keys of the composition, whose own
 * containers of them are stopped: the same log goes on.
 */
export async function checkPods(
  engine: Engine,
  running: RunningComposition,
  folder: string,
  say: (line: string) => void,
): Promise<void> {
  const read = (container: string, file: string): Promise<string> =>
    engine.run(["exec", container, "cat", `/var/lib/sark/${file}`]);
  const key = await read("gateway", "admin.key");
  const secrets: Secrets = {
    "sark-postgres": { password: running.postgresPassword },
    "sark-redis": { password: running.redisPassword },
    "sark-gateway": { "session-key": randomBytes(32).toString("hex") },
    "sark-gateway-keys": {
      "audit-log.pem": await read("gateway", "audit-log.pem"),
      "api-keys.json": await read("gateway", "api-keys.json"),
    },
    "sark-metrics": {
      "platform-key": await read("metrics-service", "platform.key"),
      "webhooks-key": randomBytes(32).toString("hex"),
    },
    "sark-metrics-keys": { "metrics-log.pem": await read("metrics-service", "audit-log.pem") },
  };
  await engine.run(["stop", "gateway", "metrics-service"]);
  const manifests = readManifests();
  const settings = readFileSync(withTools(folder).files["/etc/sark/gateway.json"] ?? "", "utf8");
  const play: object[] = [
    ...Object.entries(secrets).map(([name, data]) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data,
    })),
    ...manifests
      .filter(({ kind, metadata }) => kind === "ConfigMap" && CONFIG_MAPS.test(metadata.name))
      .map((map) =>
        map.metadata.name.startsWith("gateway-settings")
          ? { ...map, data: { ...map.data, "development.json": settings } }
          : map,
      ),
    forPodman(deployment(manifests, "sark-gateway"), secrets, { "/repository": ROOT }),
    forPodman(deployment(manifests, "sark-metrics"), secrets),
  ];
  // JSON is YAML.
  const text = play.map((object) => JSON.stringify(object)).join("\n---\n");
  await engine.run(["kube", "play", "--network=data", "--network=services", "-"], { input: text });
  const gateway = await addressOf(engine, podOf("sark-gateway"), 8000);
  const metrics = await addressOf(engine, podOf("sark-metrics"), 8100);
  for (const [url, container] of [
    [gateway, `${podOf("sark-gateway")}-gateway`],
    [metrics, `${podOf("sark-metrics")}-metrics-service`],
  ] as const) {
    await becomesReady(engine, url, container);
    await checkRights(engine, container);
  }
  say("pods: both services by their manifests, live and ready; user 1000, nothing to write but volumes");
  const response = await send(
    gateway,
    toolCall("tools", "echo", { text: "from a pod" }, { authorization: `Bearer ${key}` }),
  );
  if (response.status !== 200 || !JSON.stringify(response.json).includes("from a pod")) {
    throw new Error(`the pod of the gateway responded ${response.status} ${response.text}`);
  }
  say("pods: a call, allowed by the policies of the image");
  say(`pods: ${await verifyLog(engine, running)}`);
}

const CONFIG_MAPS = /^(?:sark-environment|gateway-settings|metrics-service-settings)-/;

function deployment(manifests: readonly Manifest[], wanted: string): Manifest {
  const found = manifests.find(({ kind, metadata }) => kind === "Deployment" && metadata.name === wanted);
  if (found === undefined) {
    throw new Error(`there is no Deployment ${wanted}`);
  }
  return found;
}

/** This machine is a member of the networks of its containers. */
async function addressOf(engine: Engine, pod: string, port: number): Promise<string> {
  const infra = await engine.run(["pod", "inspect", "--format={{.InfraContainerID}}", pod]);
  const format = "--format={{.NetworkSettings.Networks.services.IPAddress}}";
  return `http://${await engine.run(["inspect", format, infra])}:${port}`;
}

/** By the addresses of the probes. */
async function becomesReady(engine: Engine, url: string, container: string): Promise<void> {
  const isReady = async (): Promise<boolean> => {
    if ((await engine.run(["inspect", "--format={{.State.Running}}", container])) !== "true") {
      throw new Error(`${container} has ended:\n${(await engine.result(["logs", container])).text}`);
    }
    const codes = ["/livez", "/readyz"].map((path) =>
      fetch(url + path).then(
        ({ status }) => status,
        () => 0,
      ),
    );
    return (await Promise.all(codes)).every((code) => code === 200);
  };
  const passed = await waitUntil(isReady, { everyMs: 250, signal: AbortSignal.timeout(120_000) });
  if (!passed) {
    throw new Error(`${container} is not ready:\n${(await engine.result(["logs", container])).text}`);
  }
}
