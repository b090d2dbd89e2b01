import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What the one gateway of these tests has, for command lines to name. */
export interface Stage {
  readonly folder: string;
  readonly session: string;
  readonly request: string;
  readonly vkey: string;
  readonly receipt: string;
  readonly prometheus: string;
  readonly grafana: string;
}

/** A command line that does its work, and how it ends. */
export interface Invocation {
  readonly args: readonly string[];
  readonly code?: number;
  /** It asks no server: it cannot be away. */
  readonly offline?: true;
}

/** Files that commands read: log lines, policies, a list of API keys. */
export function writeFiles(folder: string): void {
  mkdirSync(join(folder, "logs"));
  const line = (at: number, more: object) =>
    `${JSON.stringify({ level: "info", timestamp: new Date(Date.now() - at).toISOString(), component: "mcp", message: "call finished", ...more })}\n`;
  writeFileSync(
    join(folder, "logs/application.jsonl"),
    [
      line(3_000, {
        duration_ms: 5_000,
        correlation_id: "r-1",
        user: "alice",
        tool: "echo",
        server: "tools",
      }),
      line(2_000, { level: "error", message: "failed 7 times", error: { type: "Error" } }),
      "no JSON\n",
    ].join(""),
  );
  writeFileSync(join(folder, "all.cedar"), "permit (principal, action, resource);");
  writeFileSync(join(folder, "keys.json"), "[]");
}

/**
 * A command line of each command, in the order in which they are run. A command that is not here fails the test: it would
 * be neither seen to work nor held against its schema.
 */
export function invocations(stage: Stage): Readonly<Record<string, Invocation>> {
  const { folder, session, request, vkey, receipt, prometheus, grafana } = stage;
  const keys = ["--file", join(folder, "api-keys.json")];
  const logs = join(folder, "logs/application.jsonl");
  const policy = join(folder, "all.cedar");
  const local = { offline: true } as const;
  return {
    "gateway-admin api-keys issue": { args: ["--id", "k", "--principal", "p", ...keys], ...local },
    "gateway-admin api-keys list": { args: keys, ...local },
    "gateway-admin api-keys rotate": { args: ["k", ...keys], ...local },
    "gateway-admin api-keys revoke": { args: ["k", "--yes", ...keys], ...local },
    "gateway-admin audit search": { args: ["--last", "1h"] },
    "gateway-admin audit trail": { args: [request] },
    "gateway-admin audit verify": { args: ["--key", vkey] },
    "gateway-admin audit export": { args: [] },
    "gateway-admin completion": { args: ["bash"], ...local },
    "gateway-admin dashboards push": { args: ["--grafana", grafana, "--dry-run"] },
    "gateway-admin rate-limits show": { args: [] },
    "gateway-admin rate-limits reset": { args: ["--user", "admin", "--yes"] },
    "gateway-admin quotas show": { args: [] },
    "gateway-admin quotas reset": { args: ["--user", "zoe", "--yes"] },
    "gateway-admin quotas adjust": { args: ["--user", "zoe", "--by", "1", "--yes"] },
    "gateway-admin log-level show": { args: [] },
    "gateway-admin log-level set": { args: ["debug", "--component", "mcp", "--for", "1m"] },
    "gateway-admin policies list": { args: [] },
    "gateway-admin policies validate": { args: [policy] },
    "gateway-admin policies test": { args: ["--user", "alice", "--server", "tools", "--tool", "echo"] },
    "gateway-admin policies replay": { args: [policy] },
    "gateway-admin siem status": { args: [] },
    "gateway-admin siem pause": { args: ["webhook", "--reason", "a test"] },
    "gateway-admin siem resume": { args: ["webhook"] },
    "gateway-admin siem flush": { args: ["webhook", "--wait", "30s"] },
    "gateway-admin siem quarantine": { args: ["webhook"] },
    "gateway-admin siem replay": { args: ["webhook", "--all"] },
    "gateway-admin siem discard": { args: ["webhook", "--all", "--reason", "a test", "--yes"] },
    // What is configured stays.
    "gateway-admin siem remove": { args: ["webhook", "--yes"], code: 3 },
    "gateway-admin status": { args: [] },
    "gateway-admin tools list": { args: [] },
    "gateway-admin tools stats": { args: [] },
    "gateway-admin upstreams list": { args: [] },
    "gateway-admin upstreams health": { args: [] },
    "gateway-admin users top": { args: [] },
    "gateway-admin sessions list": { args: [] },
    "gateway-admin sessions show": { args: [session] },
    "gateway-admin sessions end": { args: [session, "--reason", "a test", "--yes"] },
    "query-metrics cost": { args: ["--prometheus", prometheus] },
    "query-metrics denials": { args: [] },
    "query-metrics errors": { args: [] },
    "query-metrics latency": { args: [] },
    "query-metrics report": { args: [] },
    "query-metrics slo": { args: ["--latency", "1h"] },
    "query-metrics tools": { args: [] },
    "query-metrics top-users": { args: [] },
    "health-check": { args: ["--component", "policy"] },
    "analyze-logs errors": { args: [logs], ...local },
    "analyze-logs search": { args: [logs], ...local },
    "analyze-logs slow-requests": { args: ["--threshold", "1s", logs], ...local },
    "analyze-logs stats": { args: [logs], ...local },
    "analyze-logs tail": { args: [logs], ...local },
    "analyze-logs trace": { args: ["--request-id", "r-1", logs], ...local },
    "analyze-logs user": { args: ["--id", "alice", logs], ...local },
    "audit verify": { args: ["--key", vkey] },
    "audit export": { args: [] },
    "audit receipt verify": { args: ["--key", vkey, receipt], ...local },
    "gateway-admin drain": { args: ["--timeout", "0s", "--yes"] },
    "gateway-admin undrain": { args: [] },
  };
}
