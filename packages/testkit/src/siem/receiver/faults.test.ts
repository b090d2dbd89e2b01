import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { requireServer } from "../../required-server.ts";
import { startDatadogLogs, type DatadogLogs } from "../datadog-logs/start-datadog-logs.ts";
import { curl } from "../testing/curl.ts";
import type { CertificateKind } from "./certificates.ts";
import type { ReceiverFault } from "./faults.ts";

const headers = { "dd-api-key": "key", "content-type": "application/json" };
const body = '[{"message":"one"}]';

let datadog: DatadogLogs;
afterEach(() => datadog?.close());

async function meet(fault: ReceiverFault, timeoutSeconds = 20) {
  datadog = await startDatadogLogs({ apiKey: "key" });
  datadog.faults.add(fault);
  return curl(`${datadog.url}/api/v2/logs`, { body, headers, timeoutSeconds });
}

describe.skipIf(requireServer("curl") === null)("faults, seen by curl", () => {
  it.each<[ReceiverFault, RegExp, boolean]>([
    [{ kind: "reset-before-body" }, /^(55|56) /, false],
    [{ kind: "reset-after-body" }, /^(52|56) /, false],
    [{ kind: "reset-after-body", taken: true }, /^(52|56) /, true],
    [{ kind: "half-response", taken: true }, /^(18|56) /, true],
  ])("%j", async (fault, failure, taken) => {
    expect((await meet(fault)).failure).toMatch(failure);
    expect(datadog.logs()).toHaveLength(taken ? 1 : 0);
    expect(datadog.requests()).toMatchObject([{ taken }]);
  });

  it("hangs until the client gives up, having kept the events or not", async () => {
    expect((await meet({ kind: "hang", taken: true }, 3)).failure).toMatch(/^28 /);
    expect(datadog.logs()).toHaveLength(1);
  });

  it("drips the proper response, strikes as often as told, and stops when cleared", async () => {
    expect(await meet({ kind: "slow-drip", msPerByte: 1 })).toMatchObject({ status: 202, body: "{}" });
    const again = () => curl(`${datadog.url}/api/v2/logs`, { body, headers });
    datadog.faults.add({ kind: "garbage", times: 2 }, { kind: "code", code: 500, times: "always" });
    expect((await again()).body).toContain("It works!");
    expect((await again()).status).toBe(200);
    expect((await again()).status).toBe(500);
    expect((await again()).status).toBe(500);
    datadog.faults.clear();
    datadog.faults.add({ kind: "response", status: 418, body: "tea", headers: { "retry-after": "7" } });
    expect(await again()).toMatchObject({ status: 418, body: "tea" });
    expect((await again()).status).toBe(202);
    expect(datadog.logs()).toHaveLength(2);
  });

  it("goes down and comes back on the same address", async () => {
    datadog = await startDatadogLogs({ apiKey: "key" });
    const send = () => curl(`${datadog.url}/api/v2/logs`, { body, headers });
    await datadog.goDown();
    expect((await send()).failure).toMatch(/^7 /);
    await datadog.restore();
    expect((await send()).status).toBe(202);
  });

  it.each<[CertificateKind, RegExp]>([
    ["valid", /^none$/],
    ["expired", /^60 .*expired/s],
    ["wrong-host", /^60 .*127\.0\.0\.1/s],
    ["untrusted", /^60 /],
  ])("serves a certificate that is %s", async (tls, failure) => {
    datadog = await startDatadogLogs({ apiKey: "key", tls });
    const folder = mkdtempSync(join(tmpdir(), "sark-authority-"));
    const authorityFile = join(folder, "ca.pem");
    writeFileSync(authorityFile, datadog.authority ?? "");
    const response = await curl(`${datadog.url}/api/v2/logs`, { body, headers, authorityFile });
    rmSync(folder, { recursive: true });
    expect(response.failure ?? "none").toMatch(failure);
    expect(datadog.logs()).toHaveLength(tls === "valid" ? 1 : 0);
  });

  it.each([
    [
      "splunk-hec",
      ["--token", "t"],
      "/services/collector/event",
      '{"event":"x1"}',
      { authorization: "Splunk t" },
    ],
    ["datadog-logs", ["--api-key", "key"], "/api/v2/logs", '[{"message":"x1"}]', headers],
  ])("runs as a program with a control interface: %s", async (name, options, path, payload, headers) => {
    const program = join(import.meta.dirname, "..", name, "main.ts");
    const child = spawn(process.execPath, [program, "--port", "0", ...options], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const { url, control } = JSON.parse(line) as { url: string; control: string };
      const send = () => curl(`${url}${path}`, { body: payload, headers });
      expect((await send()).failure).toBeNull();
      await curl(`${control}/faults`, {
        body: JSON.stringify({ kind: "code", code: name === "splunk-hec" ? 9 : 503 }),
      });
      expect((await send()).status).toBe(503);
      await curl(`${control}/poison`, { body: '{"text":"x1"}' });
      expect((await send()).status).toBe(400);
      expect((await curl(`${control}/accepted?after=0`)).json).toHaveLength(1);
      expect((await curl(`${control}/accepted?after=1`)).json).toHaveLength(0);
      expect((await curl(`${control}/requests`)).json).toMatchObject([
        { status: 200 + (name === "splunk-hec" ? 0 : 2) },
        {},
        {},
      ]);
      await curl(`${control}/down`, { body: "" });
      expect((await send()).failure).toMatch(/^7 /);
      await curl(`${control}/up`, { body: "" });
      expect((await curl(`${control}/nonsense`)).status).toBe(400);
    } finally {
      child.kill("SIGKILL");
    }
  });
});
