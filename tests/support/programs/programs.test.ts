import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuditDatabase } from "@sark/audit/testing";
import { startMcpServer } from "@sark/testkit";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { spawnGateway, untilReady } from "../gateway-process.ts";
import { auditRows } from "../observed.ts";
import { send, toolCall } from "../requests.ts";
import { programFile } from "./program-file.ts";
import { PROGRAMS, type ProgramName } from "./programs.ts";

const FORMS = ["sources", "bundle"] as const;
type Form = (typeof FORMS)[number];

/** What a program says, and how it ends. */
function run(form: Form, name: ProgramName, args: readonly string[]) {
  const { PATH = "", NODE_COMPILE_CACHE = "" } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [programFile(name, form), ...args],
      { env: { PATH, NODE_COMPILE_CACHE } },
      (error, out, err) => resolve({ code: error === null ? 0 : error.code, out, err }),
    );
  });
}

describe("a bundled program and its sources", () => {
  it.each([
    ...(Object.keys(PROGRAMS) as ProgramName[]).flatMap((name): [number, ProgramName, string[]][] => [
      [0, name, ["--help"]],
    ]),
    [2, "gateway", ["--config", "/nowhere.json"]],
    [3, "audit", ["export", "--database-url", "postgres://127.0.0.1:1/none"]],
    [2, "audit", ["no-such-command"]],
    [2, "gateway-admin", ["siem", "no-such-command"]],
  ] as [number, ProgramName, string[]][])("end with %i and say the same: %s %j", async (code, name, args) => {
    const [sources, bundle] = await Promise.all(FORMS.map((form) => run(form, name, args)));
    expect(bundle).toEqual(sources);
    expect(sources).toMatchObject({ code });
  });

  it("govern a call alike", async () => {
    const [sources, bundle] = await Promise.all(FORMS.map(governed));
    expect(bundle).toEqual(sources);
    expect(sources?.errors).toEqual([undefined, -32010]);
    expect(sources?.events).toMatchObject([
      { tool_name: "echo", decision: "allow", outcome: null },
      { tool_name: "echo", decision: "allow", outcome: "ok" },
      { tool_name: "add", decision: "deny", outcome: "denied" },
    ]);
  });
});

/** Responses and events of a call that policy allows and of one that it denies. */
async function governed(form: Form) {
  const folder = mkdtempSync(join(tmpdir(), "sark-form-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const database = await createAuditDatabase();
  onTestFinished(database.drop);
  const tools = await startMcpServer();
  onTestFinished(tools.close);
  writeFileSync(
    join(folder, "all.cedar"),
    'permit(principal, action, resource); forbid(principal, action, resource == Tool::"tools/add");',
  );
  const upstreams = [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }];
  const config = { dataDirectory: join(folder, "data"), policy: { directory: folder }, upstreams };
  writeFileSync(join(folder, "sark.json"), JSON.stringify(config));
  const gateway = spawnGateway({
    environment: { DATABASE_URL: database.url },
    args: ["--config", join(folder, "sark.json")],
    sources: form === "sources",
  });
  onTestFinished(async () => {
    gateway.kill("SIGTERM");
    expect(await gateway.exited).toBe(0);
  });
  await untilReady(gateway);
  const key = { "x-api-key": readFileSync(join(folder, "data", "admin.key"), "utf8").trim() };
  const responses = [
    await send(gateway.url(), toolCall("tools", "echo", { text: "hello" }, key)),
    await send(gateway.url(), toolCall("tools", "add", { a: 1, b: 2 }, key)),
  ];
  // A response does not wait for the record of how its call ended.
  const rows = await vi.waitFor(async () => {
    const found = await auditRows(database.url);
    const of = (phase: string) => found.filter((row) => row.phase === phase).length;
    expect(of("outcome")).toBe(of("intent"));
    return found;
  });
  return {
    errors: responses.map(({ json }) => (json as { error?: { code: number } }).error?.code),
    headers: responses.map(({ headers }) => Object.keys(headers)),
    events: rows.map(({ outcome, decision, reason, tool_name }) => ({
      outcome,
      decision,
      reason,
      tool_name,
    })),
  };
}
