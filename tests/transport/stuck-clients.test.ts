import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { join } from "node:path";
import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { startGatewayWithTokens, type GatewayWithTokens } from "../support/gateway-with-tokens.ts";
import { send, toolCall } from "../support/requests.ts";

/** Full connections are a matter of some hundred megabytes: ends what hangs. */
const HANGS_MS = 1_200_000;
vi.setConfig({ testTimeout: HANGS_MS, hookTimeout: HANGS_MS });

const MiB = 1024 * 1024;
const MAX_HELD = 32 * MiB;
const HELD = "sark_gateway_held_response_bytes";

let tools: McpServerHandle;
let flooding: ChildProcess;
let gateway: GatewayWithTokens;
const stuck: Socket[] = [];

beforeAll(async () => {
  tools = await startMcpServer();
  const program = join(import.meta.dirname, "../support/flooding-upstream.ts");
  const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
  flooding = child;
  const [address] = (await once(child.stdout, "data")) as [Buffer];
  gateway = await startGatewayWithTokens({
    mcp: { maxHeldSize: `${MAX_HELD}B` },
    upstreams: [
      { name: "tools", transport: "http", url: tools.url, sensitivity: "low" },
      { name: "flooding", transport: "http", url: address.toString().trim(), sensitivity: "low" },
    ],
  });
});
afterEach(async () => {
  for (const socket of stuck.splice(0)) {
    socket.destroy();
  }
  // Whatever they held is given back.
  await vi.waitFor(async () => expect(await gateway.metric(HELD)).toBe(0), HANGS_MS);
});
afterAll(async () => {
  await gateway?.close();
  flooding?.kill("SIGKILL");
  await tools?.close();
});

/** What others are served: the status of each response, and the time of the gateway's thread that all took, in ms. */
async function serveOthers() {
  const other = await gateway.as("other");
  const began = gateway.cpuMs();
  const statuses = new Set<number>();
  let ready = true;
  for (let round = 0; round < 10; round += 1) {
    const [readiness, ...responses] = await Promise.all([
      send(gateway.url, { method: "GET", path: "/health/ready" }),
      send(gateway.url, { method: "GET", path: "/health" }),
      send(gateway.url, toolCall("tools", "echo", { text: "hello" }, other)),
    ]);
    ready &&= readiness.status === 200;
    for (const { status } of responses) {
      statuses.add(status);
    }
  }
  return { ready, statuses: [...statuses], cpuMs: gateway.cpuMs() - began };
}

it.each([
  ["documents of 8 MiB", 16, "document", "different callers"],
  ["documents of 8 MiB", 16, "document", "one caller"],
  ["events of 8 MiB", 16, "large", "different callers"],
  ["events of 64 KiB", 16, "medium", "one caller"],
  // Each connection takes megabytes until it is full, which are ten thousands of events.
  ["events of 200 bytes", 4, "small", "different callers"],
])(
  "serves others while %s wait for %i clients that read nothing: %s of %s",
  async (_what, clients, tool, whose) => {
    // The first ones are compiled as they run.
    await serveOthers();
    const without = await serveOthers();

    for (let client = 0; client < clients; client += 1) {
      const caller = await gateway.as(whose === "one caller" ? "one" : `caller-${client}`);
      stuck.push(await gateway.sendOnly(toolCall("flooding", tool, {}, caller)));
    }
    // Readiness depends on how soon its checks have their results, which a busy machine decides.
    const arriving = await serveOthers();
    expect(arriving.statuses).toEqual([200]);
    // Once their connections are full they cost nothing: no timer turns for them, nothing is read again.
    await vi.waitFor(async () => {
      const still = await serveOthers();
      expect(still).toMatchObject({ ready: true, statuses: [200] });
      expect(still.cpuMs).toBeLessThan(2 * without.cpuMs + 50);
    }, HANGS_MS);

    // All of them are there, and held no more than what is documented: one response, and 256 KiB of each.
    expect(await gateway.metric("sark_gateway_requests_in_flight")).toBeGreaterThan(clients);
    const held = await gateway.metric(HELD);
    expect(held).toBeLessThanOrEqual(MAX_HELD + 16 * MiB + clients * 0.25 * MiB);
  },
);
