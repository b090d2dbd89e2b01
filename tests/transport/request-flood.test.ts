import type { Socket } from "node:net";
import { wait } from "@sark/observability/waiting";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { startGatewayWithTokens, type GatewayWithTokens } from "../support/gateway-with-tokens.ts";
import { send } from "../support/requests.ts";

const KiB = 1024;
const CLIENTS = 100;
const BODY = Buffer.alloc(256 * KiB, "x");
/** A sixteenth of the defaults, body and room alike. */
const LIMITS = {
  http: { maxBodySize: "256KiB", maxBufferedSize: "16MiB", maxBufferedSizePerCaller: "4MiB" },
};
const HELD = "sark_gateway_held_request_bytes";

let gateway: GatewayWithTokens;
const sockets: Socket[] = [];
beforeAll(async () => {
  gateway = await startGatewayWithTokens({ upstreams: [], ...LIMITS });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) {
    socket.destroy();
  }
  await vi.waitFor(async () => {
    expect(await gateway.metric("sark_gateway_active_connections")).toBe(1);
    expect(await gateway.metric(HELD)).toBe(0);
  });
});
afterAll(() => gateway?.close());

const health = async () => (await send(gateway.url, { method: "GET", path: "/health" })).status;

/** Opens the connections, and returns the status that each is sent, `null` for those that get none. */
async function flood(how: "whole bodies" | "parts of bodies", users: readonly string[]) {
  const statuses: (number | null)[] = [];
  for (let client = 0; client < CLIENTS; client += 1) {
    const user = users[client % users.length];
    const headers = user === undefined ? {} : await gateway.as(user);
    const body = how === "whole bodies" ? BODY : BODY.subarray(0, 16 * KiB);
    const request = { path: "/mcp/none", headers, body };
    const socket = await gateway.sendOnly(request, { contentLength: BODY.length });
    statuses.push(null);
    socket.once("data", (head: Buffer) => {
      statuses[client] = Number(head.toString("latin1").split(" ")[1]);
    });
    sockets.push(socket.resume());
  }
  return statuses;
}

const UNAUTHENTICATED: readonly string[] = [];
const ONE = ["one"];
const FIFTY = Array.from({ length: 50 }, (_, index) => `user-${index}`);

it.each(["whole bodies", "parts of bodies"] as const)(
  "holds nothing of %s of 100 unauthenticated callers",
  async (how) => {
    const statuses = await flood(how, UNAUTHENTICATED);
    expect(await gateway.metric(HELD)).toBe(0);
    expect(await health()).toBe(200);
    await vi.waitFor(() => expect(new Set(statuses)).toEqual(new Set([401])));
  },
);

it.each([
  ["one caller", ONE, 16, 429],
  // The 64th would be a second one of its caller, who may have no more than is free.
  ["50 callers", FIFTY, 63, 503],
] as const)(
  "holds of 100 bodies of %s that do not come to an end what is set",
  async (_who, users, admitted, refused) => {
    const statuses = await flood("parts of bodies", users);
    await vi.waitFor(() =>
      expect(statuses.filter((status) => status === refused)).toHaveLength(CLIENTS - admitted),
    );
    expect(await gateway.metric(HELD)).toBe(admitted * BODY.length);
    expect(await health()).toBe(200);
    // A caller that asks for less is served meanwhile.
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "ping",
      params: { x: "y".repeat(50_000) },
    });
    const other = await send(gateway.url, { path: "/mcp/none", headers: await gateway.as("other"), body });
    expect(other.status).toBe(404);
  },
);

it.each([
  ["one caller", ONE, 16],
  ["50 callers", FIFTY, 64],
] as const)("gives back the room of 100 bodies of %s as they are read", async (_who, users, admitted) => {
  const statuses = await flood("whole bodies", users);
  while (statuses.includes(null)) {
    expect(await gateway.metric(HELD)).toBeLessThanOrEqual(admitted * BODY.length);
    await Promise.all([wait(20), health()]);
  }
  // There is no such server, which is said after the body was read.
  expect(statuses.filter((status) => ![404, 429, 503].includes(status ?? 0))).toEqual([]);
  expect(statuses).toContain(404);
});
