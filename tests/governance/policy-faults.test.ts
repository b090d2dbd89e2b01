import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { requireServer, startMcpServer, startOpa, type McpServerHandle } from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows, metric } from "../support/observed.ts";
import { send, toolCall } from "../support/requests.ts";

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

async function start(options: {
  readonly policy?: Record<string, unknown>;
  readonly policies?: Record<string, string>;
}): Promise<{ tools: McpServerHandle; gateway: GatewayUnderTest }> {
  const tools = await startMcpServer();
  cleanup.push(() => tools.close());
  const gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: { policy: { cacheTtl: "0s", ...options.policy } },
    ...(options.policies && { policies: options.policies }),
  });
  cleanup.push(() => gateway.close());
  return { tools, gateway };
}

function echo(gateway: GatewayUnderTest, args: Record<string, unknown> = { text: "hello" }) {
  return send(gateway.url, toolCall("tools", "echo", args, { "x-api-key": gateway.apiKey }));
}

async function expectDenied(gateway: GatewayUnderTest, tools: McpServerHandle, code: string): Promise<void> {
  tools.clearRequests();
  const { json } = await echo(gateway);
  expect(json).toMatchObject({
    error: { code: -32012, data: { reason_code: code, audit_id: expect.any(String) as string } },
  });
  const { audit_id: id } = (json as { error: { data: { audit_id: string } } }).error.data;
  expect(await auditRows(gateway.databaseUrl, "id = $1", id)).toEqual([
    expect.objectContaining({
      decision: "deny",
      outcome: "denied",
      metadata: expect.objectContaining({ reason_code: code }) as unknown,
    }),
  ]);
  expect(tools.requests().filter(({ method }) => method === "tools/call")).toEqual([]);
  expect(await metric(gateway, "sark_policy_evaluations_total", { code })).toBeGreaterThan(0);
  expect(await metric(gateway, "sark_gateway_authz_requests_total", { decision: "deny" })).toBeGreaterThan(0);
}

async function detailed(gateway: GatewayUnderTest) {
  const { json } = await send(gateway.url, {
    method: "GET",
    path: "/health/detailed",
    headers: { "x-api-key": gateway.apiKey },
  });
  const { components } = json as { components: { name: string; status: string; message: string | null }[] };
  return components.find(({ name }) => name === "policy");
}

describe("Cedar", () => {
  const permit = '@id("all")\n@reason("Everybody may.")\npermit (principal, action, resource);\n';
  const forbid =
    '@id("none")\n@reason("No caller may.")\nforbid (principal, action == Action::"gateway:tool:invoke", resource);\n';

  it("keeps the last good set over a broken edit, says so in log, metrics and health, and takes the mended one [MET-9] [HLT-1]", async () => {
    const { gateway } = await start({ policies: { "all.cedar": permit } });
    expect((await echo(gateway)).json).toMatchObject({ result: {} });

    const file = join(gateway.policyDirectory, "more.cedar");
    writeFileSync(file, "permit (principal, action\n");
    const line = await vi.waitFor(
      () => {
        const found = gateway.lines.find(({ message }) =>
          String(message).startsWith("the policies on disk cannot be used"),
        );
        expect(found).toBeDefined();
        return found;
      },
      { timeout: 20_000 },
    );
    expect(line).toMatchObject({
      level: "error",
      component: "policy",
      file: expect.stringContaining("more.cedar") as string,
    });
    expect(await metric(gateway, "sark_policy_load_failed", { engine: "cedar" })).toBe(1);
    expect(await metric(gateway, "sark_policy_loads_total", { result: "failed" })).toBe(1);
    expect((await echo(gateway)).json).toMatchObject({ result: {} });
    await vi.waitFor(
      async () =>
        expect(await detailed(gateway)).toMatchObject({
          status: "ok",
          message: expect.stringContaining("an older policy set is in force") as string,
        }),
      { timeout: 20_000, interval: 100 },
    );

    writeFileSync(file, forbid);
    await vi.waitFor(
      async () =>
        expect((await echo(gateway)).json).toMatchObject({
          error: { code: -32010, message: expect.stringContaining("No caller may.") as string },
        }),
      { timeout: 20_000, interval: 50 },
    );
    expect(await metric(gateway, "sark_policy_load_failed", { engine: "cedar" })).toBe(0);
    rmSync(file);
    await vi.waitFor(async () => expect((await echo(gateway)).json).toMatchObject({ result: {} }), {
      timeout: 20_000,
      interval: 50,
    });
  });
});

const hasOpa = requireServer("opa") !== null;
const ALLOW = `package mcp.gateway
allow := true
reason := "Everybody may."
filtered_parameters := object.remove(input.context.parameters, ["secret"]) if { input.context.parameters }
`;

describe.skipIf(!hasOpa)("OPA", () => {
  it("denies while OPA hangs or is stopped, each for its own reason, and recovers [MET-9]", async () => {
    const opa = await startOpa({ policies: { "gateway.rego": ALLOW } });
    cleanup.push(() => opa.close());
    const { gateway, tools } = await start({ policy: { opaUrl: opa.url, timeout: "300ms" } });
    await vi.waitFor(async () => expect((await echo(gateway)).json).toMatchObject({ result: {} }), {
      timeout: 10_000,
    });
    opa.pause();
    // The signal takes a moment to reach all of its threads.
    await vi.waitFor(() => expectDenied(gateway, tools, "policy_timeout"), { timeout: 20_000 });
    opa.resume();
    await vi.waitFor(async () => expect((await echo(gateway)).json).toMatchObject({ result: {} }), {
      timeout: 10_000,
    });
    await opa.close();
    await expectDenied(gateway, tools, "policy_unavailable");
    await vi.waitFor(
      async () =>
        expect((await send(gateway.url, { method: "GET", path: "/health/ready" })).status).toBe(503),
      { timeout: 20_000, interval: 100 },
    );
  });

  it("sends the server the arguments that the policy leaves over", async () => {
    const opa = await startOpa({ policies: { "gateway.rego": ALLOW } });
    cleanup.push(() => opa.close());
    const { gateway, tools } = await start({ policy: { opaUrl: opa.url, timeout: "5s" } });
    await vi.waitFor(async () => expect((await echo(gateway)).json).toMatchObject({ result: {} }), {
      timeout: 10_000,
    });
    tools.clearRequests();
    expect((await echo(gateway, { text: "kept", secret: "removed" })).json).toMatchObject({ result: {} });
    expect(tools.requests()[0]?.body).toMatchObject({
      params: { name: "echo", arguments: { text: "kept" } },
    });
    expect(JSON.stringify(tools.requests()[0]?.body)).not.toContain("removed");
  });
});

describe("an OPA that lies", () => {
  it.each([
    ["no decision", 200, "{}", "policy_unavailable"],
    ["text for a truth", 200, '{"result":{"allow":"true"}}', "policy_error"],
    ["a list", 200, '{"result":[true]}', "policy_error"],
    ["no JSON", 200, "<html>allow</html>", "policy_error"],
    ["an error", 500, '{"code":"internal_error","result":{"allow":true}}', "policy_error"],
    ["a redirect", 307, "", "policy_error"],
  ])("is not believed: %s", async (_what, status, text, code) => {
    const server = createServer((request, response) => {
      request.resume();
      response
        .writeHead(status, { "content-type": "application/json", location: "http://127.0.0.1:1/" })
        .end(text);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanup.push(() => new Promise((resolve) => server.close(resolve)));
    const { gateway, tools } = await start({
      policy: { opaUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, timeout: "5s" },
    });
    await expect(expectDenied(gateway, tools, code)).resolves.toBeUndefined();
  });
});
