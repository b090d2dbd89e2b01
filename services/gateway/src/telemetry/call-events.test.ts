import { createRecorder } from "@sark/observability/metrics";
import { expect, it } from "vitest";
import type { AuthorizationQuery, Decision } from "../domain/authorization.ts";
import type { CallResult, McpCall } from "../domain/governance.ts";
import { createCallEvents } from "./call-events.ts";
import { gatewayCatalog } from "./catalog.ts";
import { createGatewayMetrics } from "./metrics.ts";
import { silentLogger } from "./testing/silent-logger.ts";

function create() {
  const recorder = createRecorder(gatewayCatalog);
  const events = createCallEvents({
    recorder,
    metrics: createGatewayMetrics(recorder),
    logger: silentLogger(),
  });
  return {
    recorder,
    events,
    finish: (over: Partial<McpCall>, result: CallResult = { outcome: "ok" }) =>
      events.callFinished({ ...CALL, ...over }, "tcp", result, { seconds: 0.1, executionSeconds: 0.1 }, null),
    async labels(metric: string, label: string): Promise<ReadonlySet<unknown>> {
      const series = await recorder.series();
      return new Set(series.filter(({ name }) => name.startsWith(metric)).map(({ labels }) => labels[label]));
    },
  };
}

const CALL: McpCall = {
  server: "files",
  method: "tools/call",
  kind: "tool",
  target: "read",
  arguments: null,
  params: {},
  requestId: 1,
  protocolVersion: null,
  sessionId: null,
  sessionScope: "process",
  meta: null,
};
const DURATION = "mcp_server_operation_duration_seconds";
const TOOL = "gen_ai_tool_name";
const made = (what: string) => Array.from({ length: 500 }, (_, index) => `${what}-${index}`);

it("gives made-up names of tools no series, so that real ones keep theirs [MET-12]", async () => {
  const { events, finish, labels } = create();
  events.serversConfigured([{ name: "files", tools: ["configured"] }]);
  for (const target of made("tool")) {
    finish({ target }, { outcome: "protocol_error", errorCode: -32602 });
  }
  for (const target of made("tool")) {
    finish({ target }, { outcome: "tool_error" });
  }
  events.toolsListed("files", ["listed"]);
  for (const target of ["configured", "listed"]) {
    finish({ target }, { outcome: "timeout" });
  }
  finish({ target: "works" });
  expect(await labels(DURATION, TOOL)).toEqual(new Set(["other", "configured", "listed", "works"]));
});

it("lets no server take the place of another's tools [MET-12]", async () => {
  const { events, finish, labels } = create();
  events.serversConfigured([
    { name: "large", tools: [] },
    { name: "small", tools: [] },
  ]);
  events.toolsListed("large", made("large"));
  for (const target of made("responded")) {
    finish({ server: "large", target });
  }
  finish({ server: "small", target: "small" });
  expect(await labels(DURATION, TOOL)).toContain("small");
  expect((await labels(DURATION, TOOL)).size).toBe(2);
});

it("shows servers that are configured, and others once a policy allowed something there [MET-12]", async () => {
  const { events, labels } = create();
  events.serversConfigured([{ name: "files", tools: [] }]);
  const decided = (server: string, allow: boolean) => {
    const resource = { type: "server", name: server, sensitivity: "low" } as const;
    const query = {
      principal: { id: "alice", tenant: null },
      action: "gateway:server:info",
      resource,
      context: {},
    };
    events.authorizationDecided(
      query as unknown as AuthorizationQuery,
      { allow, policies: [] } as unknown as Decision,
      0.1,
    );
  };
  for (const server of made("server")) {
    decided(server, false);
  }
  for (const server of ["files", "elsewhere"]) {
    decided(server, server === "elsewhere");
  }
  expect(await labels("sark_gateway_authz_requests_total", "server")).toEqual(
    new Set(["other", "files", "elsewhere"]),
  );
});

it("gives made-up methods and error codes no series [MET-12]", async () => {
  const { finish, labels } = create();
  for (const [index, method] of made("method").entries()) {
    finish(
      { method, kind: "other", target: null },
      { outcome: "protocol_error", errorCode: -30_000 - index },
    );
  }
  finish({}, { outcome: "protocol_error", errorCode: -32_602 });
  expect(await labels(DURATION, "mcp_method_name")).toEqual(new Set(["other", "tools/call"]));
  expect(await labels(DURATION, "error_type")).toEqual(new Set(["other_code", "-32602"]));
  expect(await labels("sark_gateway_client_errors_total", "operation")).toEqual(
    new Set(["other_method", "tools/call"]),
  );
});

it("counts a call whose record was not kept by what its caller was told [MET-4]", async () => {
  const { events, labels } = create();
  events.auditRefused(CALL, "audit_overloaded", new Error("full"));
  expect(await labels("sark_gateway_client_errors_total", "error_type")).toEqual(
    new Set(["audit_overloaded"]),
  );
});

it("tells the duration at the gateway, which is reached over HTTP, from that at the server, which may be a pipe [MET-8]", async () => {
  const { events, recorder } = create();
  events.callFinished(CALL, "pipe", { outcome: "ok" }, { seconds: 0.4, executionSeconds: 0.3 }, null);
  const series = await recorder.series();
  const sums = series
    .filter(({ name }) => /^mcp_(?:server|client)_operation_duration_seconds_sum$/.test(name))
    .map(({ name, labels, value }) => [name.split("_")[1], labels["network_transport"], value]);
  expect(sums).toHaveLength(2);
  expect(sums).toContainEqual(["client", "pipe", 0.3]);
  expect(sums).toContainEqual(["server", "tcp", 0.4]);
});
