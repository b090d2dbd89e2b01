import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { startService } from "@sark/metrics-service/testing";
import { healthCheckTool, runCaptured } from "@sark/operations/testing";
import { requireServer, startOpa, type OpaHandle } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { runCommand } from "../support/admin-command.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { programFile } from "../support/programs/program-file.ts";
import { ROOT } from "../support/programs/programs.ts";

interface Report {
  readonly status: string;
  readonly exit_code: number;
  readonly components: readonly { readonly name: string; readonly status: string }[];
}

const POLICY = "package mcp.gateway\ndefault allow := false\n";
const hasOpa = requireServer("opa") !== null;

describe.skipIf(!hasOpa)("health-check, against a running gateway", () => {
  let opa: OpaHandle;
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    opa = await startOpa({ policies: { "sark.rego": POLICY } });
    gateway = await startGatewayUnderTest({ upstreams: [], config: { policy: { opaUrl: opa.url } } });
  });
  afterAll(async () => {
    await gateway.close();
    await opa.close();
  });

  const check = (...args: string[]) =>
    runCommand(gateway, process.execPath, programFile("health-check"), ...args);

  it("says by `npm run` that all is well [CLI-3]", async () => {
    await vi.waitFor(async () => {
      const said = await runCommand(gateway, "npm", "run", "--silent", "health-check", "--", "--verbose");
      expect(said).toMatchObject({ code: 0, err: "" });
      expect(said.out).toMatch(/^ok +policy/m);
    });
  });

  it("follows OPA as it stops, until it is interrupted; the code is the last check's [CLI-3]", async () => {
    const args = ["--watch", "--interval", "100ms", "--json", "--component", "opa"];
    const child = spawn(process.execPath, [programFile("health-check"), ...args], {
      cwd: ROOT,
      env: { ...process.env, GATEWAY_URL: gateway.url, GATEWAY_API_KEY: gateway.apiKey },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    const seen = new Set<string>();
    for await (const line of createInterface(child.stdout)) {
      const { status, components } = JSON.parse(line) as Report;
      expect(components.map(({ name }) => name)).toEqual(["policy"]);
      seen.add(status);
      if (status === "ok") {
        await opa.close();
      }
      // Once: a second signal ends it where it stands.
      if (status === "down" && !child.killed) {
        child.kill("SIGTERM");
      }
    }
    expect(await ended).toEqual([2, null]);
    expect(seen).toContain("ok");
    const said = await check("--component", "opa");
    expect(said.code).toBe(2);
    expect(said.out).toMatch(/^down +policy/m);
  });

  it("ends with 0 when its reader has seen enough, and with 3 for a wrong key [CLI-3] [CLI-5]", async () => {
    const shell = `"$0" "$@"; echo "ended with $?" >&2`;
    const watch = [process.execPath, programFile("health-check"), "--watch", "--interval", "100ms"];
    const piped = await runCommand(gateway, "sh", "-c", `{ ${shell}; } | head -n 1`, ...watch);
    expect(piped).toMatchObject({ err: "ended with 0\n", out: expect.stringMatching(/Z down: /) as string });
    const wrong = await runCommand(
      { url: gateway.url, apiKey: "sark_wrong" },
      process.execPath,
      programFile("health-check"),
    );
    expect(wrong).toMatchObject({ code: 3, out: "" });
  });
});

it("health-check --service metrics asks a running metrics service, and tells its components to a key of its own alone [CLI-3]", async () => {
  const service = await startService(inject("postgresUrl"));
  let closed = false;
  const check = (key: string | null, ...args: string[]) =>
    runCaptured(healthCheckTool, ["--service", "metrics", ...args], {
      env: {
        METRICS_SERVICE_URL: service.url,
        // Of another service: it is not sent there.
        GATEWAY_API_KEY: "sark_of-a-gateway",
        ...(key !== null && { METRICS_SERVICE_API_KEY: key }),
      },
    });
  try {
    await vi.waitFor(async () => {
      const said = await check(service.platformKey, "--verbose");
      expect(said).toMatchObject({ code: 0, err: "" });
      expect(said.out).toMatch(/^ok: http:\/\/127\.0\.0\.1:\d+, version /);
      expect(said.out).toMatch(/^ok +database/m);
    });
    await vi.waitFor(async () => {
      const { out } = await check(service.platformKey, "--json", "--component", "database");
      const report = JSON.parse(out) as Report;
      expect(report).toMatchObject({ status: "ok", exit_code: 0 });
      expect(report.components.map(({ name }) => name)).toContain("database");
    });
    await vi.waitFor(async () => expect(await check(null)).toMatchObject({ code: 0, err: "" }));
    expect(await check("sark_wrong", "--verbose")).toMatchObject({ code: 3, out: "" });
    await service.close();
    closed = true;
    expect(await check(service.platformKey)).toMatchObject({
      code: 2,
      out: expect.stringMatching(/^down: /) as string,
    });
  } finally {
    if (!closed) {
      await service.close();
    }
  }
});
