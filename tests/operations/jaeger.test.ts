import { analyzeLogsTool } from "@sark/operations/testing";
import { requireServer, startJaeger, startMcpServer, type JaegerSpan } from "@sark/testkit";
import { expect, it, onTestFinished, vi } from "vitest";
import { runTool } from "../support/admin-command.ts";
import { EVERYONE, startGatewayUnderTest } from "../support/gateway-under-test.ts";
import { connectClient } from "../support/official-clients.ts";

const POLICIES = {
  ...EVERYONE,
  "no-fail.cedar":
    'forbid (principal, action, resource) when { resource has name && resource.name == "fail" };',
};

/** A gateway that sends its traces into a real Jaeger, with limits before and after policy. */
async function start(sampleRatio: number) {
  const jaeger = await startJaeger();
  onTestFinished(() => jaeger.close());
  const upstream = await startMcpServer();
  onTestFinished(() => upstream.close());
  const gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: upstream.url, sensitivity: "low" }],
    policies: POLICIES,
    config: {
      tracing: { endpoint: jaeger.endpoint, sampleRatio },
      rateLimits: {
        rules: [
          { for: "user", requests: 100, period: "1s" },
          { for: "server", requests: 100, period: "1s" },
        ],
      },
    },
  });
  onTestFinished(() => gateway.close());
  const client = await connectClient("v2 client, stateless", `${gateway.url}/mcp/tools`, {
    headers: { authorization: `Bearer ${gateway.apiKey}` },
  });
  onTestFinished(() => client.close());
  /** The tree of the one call of this name, once all of it is there. */
  const treeOf = (call: string, children: readonly string[]) =>
    vi.waitFor(async () => {
      await gateway.gateway.telemetry.tracing.flush();
      const traces = await jaeger.search("sark-gateway", call);
      const tree = treeIn(traces.flat());
      expect(tree.children.map(describeSpan)).toEqual(children);
      return tree;
    });
  return { jaeger, gateway, client, treeOf };
}

/** Its root with what is directly below it, in the order of their beginnings; nothing else may be there. */
function treeIn(spans: readonly JaegerSpan[]) {
  const roots = spans.filter(({ references }) => references.length === 0);
  expect(roots).toHaveLength(1);
  const root = roots[0]!;
  const children = spans.filter((span) => span !== root).toSorted((a, b) => a.startTime - b.startTime);
  for (const { references, startTime, duration, traceID } of children) {
    expect(traceID).toBe(root.traceID);
    expect(references).toMatchObject([{ refType: "CHILD_OF", spanID: root.spanID }]);
    expect(startTime).toBeGreaterThanOrEqual(root.startTime);
    expect(duration).toBeGreaterThanOrEqual(0);
  }
  return { root, children };
}

const tag = ({ tags }: JaegerSpan, key: string) => tags.find((one) => one.key === key)?.value;

function describeSpan(span: JaegerSpan): string {
  const detail = tag(span, "sark.limit.group") ?? tag(span, "sark.audit.phase") ?? tag(span, "span.kind");
  return `${span.operationName}: ${String(detail)}`;
}

const TREE = [
  "authenticate: internal",
  "rate limit: own",
  "policy: internal",
  "rate limit: common",
  "audit: intent",
  "tools/call echo: client",
  "audit: outcome",
];

it.skipIf(requireServer("jaeger") === null)(
  "a real Jaeger shows a governed call as one tree, its stages in their order, and analyze-logs reads it [LOG-5] [CLI-4]",
  async () => {
    const { jaeger, gateway, client, treeOf } = await start(1);
    await client.callTool("echo", { text: "traced" });

    const { root, children } = await treeOf("tools/call echo", TREE);

    expect(tag(root, "span.kind")).toBe("server");
    expect(tag(root, "mcp.method.name")).toBe("tools/call");
    expect(tag(root, "gen_ai.tool.name")).toBe("echo");
    expect(children.every((span) => tag(span, "error") === undefined)).toBe(true);
    const line = gateway.lines.find(({ message, tool }) => message === "call finished" && tool === "echo");
    expect(line).toMatchObject({ trace_id: root.traceID, span_id: root.spanID });

    const request = String(line?.["correlation_id"]);
    const command = ["trace", "--request-id", request, "--traces", jaeger.url, "--json"];
    const { out } = await runTool(analyzeLogsTool, gateway, ...command);
    const { sources } = JSON.parse(out) as { sources: { spans: { steps: number } } };
    expect(sources.spans.steps).toBe(1 + TREE.length);
  },
);

it.skipIf(requireServer("jaeger") === null)(
  "a real Jaeger shows a call that was not sampled and is denied, up to where it was refused [LOG-5]",
  async () => {
    const { jaeger, gateway, client, treeOf } = await start(0);
    await client.callTool("echo", { text: "not kept" });
    await client.callTool("fail", {}).catch(() => undefined);

    const stages = ["authenticate: internal", "rate limit: own", "policy: internal", "audit: intent"];
    const { root, children } = await treeOf("tools/call fail", stages);

    expect(tag(root, "error")).toBe(true);
    expect(tag(children[2]!, "sark.reason_code")).toBe("denied_by_policy");
    const denial = gateway.lines.find(({ message }) => String(message).startsWith("denied: "));
    expect(denial).toMatchObject({ trace_id: root.traceID });
    expect(await jaeger.search("sark-gateway", "tools/call echo")).toEqual([]);
  },
);
