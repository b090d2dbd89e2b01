import { afterEach, describe, expect, it, vi } from "vitest";
import { ask, reading } from "./testing/ask.ts";
import {
  event,
  eventStream,
  resultOf,
  scriptedUpstream,
  type ScriptedAnswer,
} from "./testing/scripted-upstream.ts";
import { startGateway } from "./testing/start-gateway.ts";

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) await step();
});

const error = (code: number) => ({ jsonrpc: "2.0", id: 7, error: { code, message: "Request cancelled" } });
const text = (value: object): ScriptedAnswer => ({ body: JSON.stringify(value) });

/** A call in a session whose answer is the test's to give. */
async function callInFlight(streaming: ReturnType<typeof eventStream> | null = null) {
  const late = Promise.withResolvers<ScriptedAnswer>();
  const upstream = scriptedUpstream("s", ({ message, method }) => {
    if (method === "DELETE") return { status: 200 };
    if (message["method"] === "tools/call") return streaming?.answer ?? late.promise;
    return { headers: { "mcp-session-id": "up" }, body: JSON.stringify(resultOf(message["id"])) };
  });
  const gateway = await startGateway({ upstreams: { s: upstream }, limits: { cancelGraceMs: 10_000 } });
  cleanup.push(() => gateway.close());
  const opened = await ask(gateway, { body: { jsonrpc: "2.0", id: 0, method: "initialize" } });
  const headers = { "mcp-session-id": opened.headers["mcp-session-id"] };
  const body = { jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "slow" } };
  const called = ask(gateway, { headers, body });
  await vi.waitFor(() => expect(upstream.calls().at(-1)?.message["method"]).toBe("tools/call"));
  const results = () => gateway.governor.calls("tools/call").flatMap((decided) => decided.results);
  return {
    called,
    late,
    results,
    upstream,
    cancel: () =>
      ask(gateway, {
        headers,
        body: { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } },
      }),
    endSession: () => ask(gateway, { method: "DELETE", headers }),
  };
}

describe("a call that its client cancelled", () => {
  it.each([
    ["the error 0 of Python's first SDK", text(error(0))],
    ["the error -32800 of LSP and Python's second", text(error(-32_800))],
    ["the error -32000 of the stdio bridge", text(error(-32_000))],
    ["an error with an HTTP status", { status: 400, ...text(error(-32_800)) }],
    [
      "an HTTP error without JSON-RPC",
      { status: 500, headers: { "content-type": "text/plain" }, body: "no" },
    ],
    ["no valid answer", { body: "{}" }],
    ["the result that was ready", text(resultOf(7))],
    ["a result that is the tool's error", text(resultOf(7, { content: [], isError: true }))],
  ])("ends as cancelled whatever comes: %s [AUD-2]", async (_what, answer) => {
    const { called, cancel, late, results } = await callInFlight();
    expect((await cancel()).status).toBe(202);
    late.resolve(answer);
    await called;
    expect(results()).toMatchObject([{ outcome: "cancelled" }]);
    expect(results()[0]?.errorCode).toBeUndefined();
  });

  it("keeps what the server said on record", async () => {
    const failed = await callInFlight();
    await failed.cancel();
    failed.late.resolve(text(error(-32_800)));
    await failed.called;
    expect(failed.results()[0]?.message).toContain("-32800");
    const ready = await callInFlight();
    await ready.cancel();
    ready.late.resolve(text(resultOf(7, { content: [{ type: "text", text: "done" }] })));
    await ready.called;
    expect(ready.results()[0]).toMatchObject({
      message: expect.stringContaining("ok"),
      result: { content: [{}] },
    });
  });

  it("ends as cancelled on a stream, too", async () => {
    const streaming = eventStream();
    const { called, cancel, results } = await callInFlight(streaming);
    const seen = reading(await called);
    await cancel();
    streaming.send(event(error(0), "1"));
    await vi.waitFor(() => expect(seen.text).toContain("Request cancelled"));
    expect(results()).toMatchObject([{ outcome: "cancelled" }]);
  });

  it("ended as its answer said when that was there before", async () => {
    const { called, cancel, late, results } = await callInFlight();
    late.resolve(text(error(-32_602)));
    await called;
    await cancel();
    expect(results()).toMatchObject([{ outcome: "protocol_error", errorCode: -32_602 }]);
  });

  it("ends as cancelled when its session was ended", async () => {
    const streaming = eventStream();
    const { called, endSession, results } = await callInFlight(streaming);
    const seen = reading(await called);
    streaming.send(event({ jsonrpc: "2.0", method: "notifications/progress", params: {} }, "1"));
    await vi.waitFor(() => expect(seen.text).toContain("progress"));
    await endSession();
    streaming.stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(results()).toMatchObject([{ outcome: "cancelled" }]);
  });
});
