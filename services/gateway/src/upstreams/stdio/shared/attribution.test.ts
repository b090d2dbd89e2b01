import { json } from "node:stream/consumers";
import { describe, expect, it, vi } from "vitest";
import type { UpstreamRequest } from "../../../domain/upstream.ts";
import { failure } from "../../testing/failure.ts";
import { as, readEvents, statelessPost } from "../../testing/requests.ts";
import { scripted, startStdioUpstream, type TestUpstream } from "../../testing/stdio-upstreams.ts";

const LOGS = { "io.modelcontextprotocol/logLevel": "debug" };
const SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId";

/** Logs the name of each call; responds to all but `hold`; whatever `say` stands for is said before the response. */
function server(say = "") {
  return scripted(`
    if (message.method !== "tools/call") return;
    const { name } = message.params;
    const log = (data) => send({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data } });
    log(name);
    ${say}
    if (name === "exit") process.exit(7);
    if (name !== "hold") respond(message, {});`);
}

function call(
  name: string,
  meta: Record<string, string | number> = LOGS,
  signal?: AbortSignal,
): UpstreamRequest {
  return statelessPost(1, "tools/call", { name }, meta, signal);
}

/** What the caller of a request gets, as text. */
async function received({ upstream }: TestUpstream, request: UpstreamRequest): Promise<string> {
  const response = await upstream.exchange(request);
  if (response.headers["content-type"] === "application/json") {
    return JSON.stringify(await json(response.body));
  }
  const stream = readEvents(response.body);
  await stream.untilEnd();
  return JSON.stringify(stream.events);
}

const unrouted = (local: TestUpstream) => local.events.filter((event) => event.type === "unrouted");

describe("what the process of several callers says without naming a request", () => {
  it("reaches a caller while all that the process was ever sent came from one principal", async () => {
    await using local = startStdioUpstream(server());
    expect(await received(local, as("ann", "acme", call("first")))).toContain('"data":"first"');
    await local.upstream.exchange(statelessPost(2, "server/discover"));
    expect(await received(local, as("ann", "acme", call("second")))).toContain('"data":"second"');
    expect(await received(local, as("ann", "acme", call("quiet", {})))).not.toContain("quiet");
  });

  it.each([
    ["another tenant", "ann", "globex"],
    ["another user of the tenant", "bob", "acme"],
    ["a user without a tenant", "ann", null],
  ])("is not given to %s when its call was abandoned", async (_who, id, tenant) => {
    // The abandoned call logs whenever anything comes in: it is still at work.
    const late = `if (name === "hold") globalThis.held = true; else if (globalThis.held) log("secret of hold");`;
    await using local = startStdioUpstream(server(late));
    const abort = new AbortController();
    const left = failure(local.upstream.exchange(as("ann", "acme", call("hold", {}, abort.signal))));
    await vi.waitFor(() => expect(unrouted(local)).toHaveLength(1));
    abort.abort();
    expect((await left).code).toBe("cancelled");
    expect(local.upstream.stats()["shared"]).toMatchObject({ inUse: 0 });
    expect(await received(local, as(id, tenant, call("other")))).toBe('{"jsonrpc":"2.0","id":1,"result":{}}');
    expect(unrouted(local)).toContainEqual({
      type: "unrouted",
      kind: "notification",
      method: "notifications/message",
      excerpt: '"secret of hold"',
    });
  });

  it("is not given to another when its call had its response long ago, nor to the first caller again", async () => {
    const background = `if (globalThis.before) log("late of " + globalThis.before); globalThis.before = name;`;
    await using local = startStdioUpstream(server(background));
    await received(local, as("ann", "acme", call("payroll")));
    expect(await received(local, as("bob", "globex", call("other")))).not.toMatch(/payroll|data/);
    expect(await received(local, as("ann", "acme", call("mine")))).not.toMatch(/other|data/);
  });

  it("has a new beginning with a new process", async () => {
    await using local = startStdioUpstream(server());
    await received(local, as("ann", "acme", call("one")));
    await failure(local.upstream.exchange(as("bob", "globex", call("exit", {}))));
    expect(await received(local, as("bob", "globex", call("two")))).toContain('"data":"two"');
  });

  it.each([
    ["resources/updated", { uri: "file:///payroll" }],
    ["tools/list_changed", {}],
    ["elicitation/complete", { elicitationId: "e" }],
    ["tasks/status", { taskId: "t" }],
    ["cancelled", { requestId: 1 }],
  ])("is dropped unless it is a log message: notifications/%s", async (name, params) => {
    const text = JSON.stringify({ jsonrpc: "2.0", method: `notifications/${name}`, params });
    await using local = startStdioUpstream(server(`send(${text});`));
    expect(await received(local, as("ann", "acme", call("x")))).not.toContain(name);
    expect(unrouted(local)).toContainEqual(expect.objectContaining({ method: `notifications/${name}` }));
  });
});

describe("what names a request", () => {
  it.each([
    ["a subscription that is none", `{ _meta: { "${SUBSCRIPTION_ID}": message.id } }`, "resources/updated"],
    [
      "a subscription of an odd kind",
      `{ _meta: { "${SUBSCRIPTION_ID}": [message.id] }, level: "info" }`,
      "message",
    ],
    ["progress that was not asked for", "{ progressToken: message.id, progress: 1 }", "progress"],
    ["progress of a request long over", "{ progressToken: message.id - 1, progress: 1 }", "progress"],
  ])("is dropped when it names %s", async (_what, params, name) => {
    const say = `if (name === "two") send({ jsonrpc: "2.0", method: "notifications/${name}", params: ${params} });`;
    await using local = startStdioUpstream(server(say));
    await received(local, as("ann", "acme", call("one", { progressToken: "t" })));
    expect(await received(local, as("bob", "acme", call("two")))).toBe(
      '{"jsonrpc":"2.0","id":1,"result":{}}',
    );
    expect(unrouted(local)).toContainEqual(expect.objectContaining({ method: `notifications/${name}` }));
  });

  it("has a response when it is a request of the server, so that the server need not wait", async () => {
    const asking = scripted(`
      if (message.method === "tools/call") { globalThis.call = message; send({ jsonrpc: "2.0", id: "q", method: "roots/list" }); }
      if (message.id === "q") respond(globalThis.call, { refused: message.error.code });`);
    await using local = startStdioUpstream(asking);
    expect(await received(local, as("ann", "acme", call("x")))).toContain('"refused":-32601');
    expect(unrouted(local)).toEqual([
      { type: "unrouted", kind: "request", method: "roots/list", excerpt: null },
    ]);
  });
});

describe("a share of the process", () => {
  it("is all that one caller can have of the requests in flight", async () => {
    await using local = startStdioUpstream(server(), { inFlight: 4, inFlightPerCaller: 2 });
    await received(local, as("ann", "acme", call("warm")));
    const abort = new AbortController();
    const hold = (id: string) => local.upstream.exchange(as(id, "acme", call("hold", {}, abort.signal)));
    const held = [hold("ann"), hold("ann")].map((promise) => failure(promise));
    await vi.waitFor(() => expect(local.upstream.stats()["shared"]).toMatchObject({ inUse: 2 }));
    expect((await failure(hold("ann"))).code).toBe("upstream_overloaded");
    expect(await received(local, as("bob", "acme", call("other")))).toContain("result");
    abort.abort();
    await Promise.all(held);
  });
});
