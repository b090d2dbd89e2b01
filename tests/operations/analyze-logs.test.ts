import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMcpServer } from "@sark/testkit";
import { expect, it, onTestFinished, vi } from "vitest";
import { analyzeLogsTool } from "@sark/operations/testing";
import { runTool } from "../support/admin-command.ts";
import { startGatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { connectClient } from "../support/official-clients.ts";

interface Timeline {
  readonly sources: Readonly<Record<string, { readonly steps: number; readonly missing: string | null }>>;
  readonly timeline: readonly { readonly source: string; readonly from: string; readonly what: string }[];
}

it("trace joins the lines of a real call with its events in the audit log [CLI-4]", async () => {
  const upstream = await startMcpServer();
  onTestFinished(() => upstream.close());
  const gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: upstream.url, sensitivity: "low" }],
  });
  onTestFinished(() => gateway.close());
  const client = await connectClient("v2 client, stateless", `${gateway.url}/mcp/tools`, {
    headers: { authorization: `Bearer ${gateway.apiKey}` },
  });
  await client.callTool("echo", { text: "looked for" });
  await client.close();
  const request = await vi.waitFor(() => {
    const line = gateway.lines.find(({ message, tool }) => message === "call finished" && tool === "echo");
    expect(line).toBeDefined();
    return String(line?.["correlation_id"]);
  });
  await vi.waitFor(async () =>
    expect(await auditRows(gateway.databaseUrl, "gateway_request_id = $1", request)).toHaveLength(2),
  );
  const folder = mkdtempSync(join(tmpdir(), "sark-trace-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "lines.jsonl");
  writeFileSync(file, gateway.lines.map((line) => `${JSON.stringify(line)}\n`).join(""));

  const command = ["trace", "--request-id", request, file];
  const traced = await runTool(analyzeLogsTool, gateway, ...command, "--json");
  expect(traced).toMatchObject({ code: 0, err: "" });
  const { sources, timeline } = JSON.parse(traced.out) as Timeline;
  expect(sources).toMatchObject({ audit: { steps: 2, missing: null }, spans: { steps: 0, missing: null } });
  expect(timeline.filter(({ source }) => source === "audit").map(({ what }) => what)).toEqual([
    expect.stringMatching(/^\S+ intent allow tools echo/),
    expect.stringMatching(/^\S+ outcome ok tools echo/),
  ]);
  expect(timeline.some(({ source, what }) => source === "log" && what === "call finished")).toBe(true);

  const away = await runTool(analyzeLogsTool, { ...gateway, url: "http://127.0.0.1:9" }, ...command);
  expect(away.code).toBe(1);
  expect(away.err).toMatch(/^analyze-logs: audit: No gateway responds at http:\/\/127.0.0.1:9/);
  expect(away.out).toContain("call finished");
});
