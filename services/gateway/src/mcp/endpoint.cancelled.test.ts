import { describe, expect, it, vi } from "vitest";
import { ask, jsonOf, messagesOf, reading } from "./testing/ask.ts";
import { event, eventStream, never, resultOf, type ScriptedResponse } from "./testing/scripted-upstream.ts";
import { cancelOf, openSession, outcomesOf, sessionGateway, toolCall } from "./testing/session-gateway.ts";

const error = (code: number) => ({ jsonrpc: "2.0", id: 7, error: { code, message: "Request cancelled" } });
const text = (value: object): ScriptedResponse => ({ body: JSON.stringify(value) });

/** A call in a session, whose response is the test's to give. */
async function callInFlight(streaming: ReturnType<typeof eventStream> | null = null) {
  const late = Promise.withResolvers<ScriptedResponse>();
  const { gateway, upstream } = await sessionGateway(
    ({ method }) => (method === "DELETE" ? { status: 200 } : (streaming?.response ?? late.promise)),
    { limits: { cancelGraceMs: 10_000 } },
  );
  const headers = await openSession(gateway);
  const called = ask(gateway, { headers, body: toolCall(7, "slow") });
  await vi.waitFor(() => expect(upstream.calls().at(-1)?.message["method"]).toBe("tools/call"));
  return {
    called,
    late,
    results: () => gateway.governor.calls("tools/call").flatMap((decided) => decided.results),
    cancel: () => ask(gateway, { headers, body: cancelOf(7) }),
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
    ["no valid response", { body: "{}" }],
    ["the result that was ready", text(resultOf(7))],
    ["a result that is the tool's error", text(resultOf(7, { content: [], isError: true }))],
  ])("ends as cancelled whatever comes: %s [AUD-2]", async (_what, response) => {
    const { called, cancel, late, results } = await callInFlight();
    expect((await cancel()).status).toBe(202);
    late.resolve(response);
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

  it("ended as its response said when that was there before", async () => {
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

describe("cancelled requests", () => {
  it("are passed on, and their outcome is cancelled when no response comes", async () => {
    const { gateway, upstream } = await sessionGateway(never, { limits: { cancelGraceMs: 30 } });
    const headers = await openSession(gateway);
    const response = ask(gateway, { body: toolCall(), headers });
    await vi.waitFor(() => expect(upstream.calls()).toHaveLength(2));
    expect((await ask(gateway, { body: cancelOf(), headers })).status).toBe(202);
    expect(upstream.sent.at(-1)?.message).toEqual(cancelOf());
    expect((await response).status).toBe(202);
    expect(outcomesOf(gateway)).toEqual(["cancelled"]);
    expect(
      upstream.sent.filter(({ message }) => message["method"] === "notifications/cancelled"),
    ).toHaveLength(1);
  });

  it("may be cancelled while they are still being decided about", async () => {
    const decided = Promise.withResolvers<void>();
    const { gateway, upstream } = await sessionGateway(never, {
      limits: { cancelGraceMs: 60_000 },
      rules: { before: ({ kind }) => (kind === "tool" ? decided.promise : Promise.resolve()) },
    });
    const headers = await openSession(gateway);
    const response = ask(gateway, { body: toolCall(), headers });
    await ask(gateway, { body: cancelOf(), headers });
    decided.resolve();
    expect((await response).status).toBe(202);
    expect(outcomesOf(gateway)).toEqual(["cancelled"]);
    expect(upstream.sent.map(({ message }) => message["method"])).not.toContain("tools/call");
  });

  it("may still have a response", async () => {
    const { response, send, stream } = eventStream();
    const { gateway } = await sessionGateway(() => response);
    const headers = await openSession(gateway);
    const seen = reading(await ask(gateway, { body: toolCall(), headers }));
    await ask(gateway, { body: cancelOf(), headers });
    send(event(resultOf(1)));
    stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(messagesOf(seen.text)).toEqual([resultOf(1)]);
    expect(outcomesOf(gateway)).toEqual(["cancelled"]);
  });

  it("end their stream without a word when the server does", async () => {
    const { response, stream } = eventStream();
    const { gateway } = await sessionGateway(() => response);
    const headers = await openSession(gateway);
    const seen = reading(await ask(gateway, { body: toolCall(), headers }));
    await ask(gateway, { body: cancelOf(), headers });
    stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(seen.text).toBe("");
    expect(outcomesOf(gateway)).toEqual(["cancelled"]);
  });

  it("of another session are not meant", async () => {
    const { response, send, stream } = eventStream();
    const { gateway } = await sessionGateway(() => response, { limits: { cancelGraceMs: 1 } });
    const seen = reading(await ask(gateway, { body: toolCall(), headers: await openSession(gateway) }));
    await ask(gateway, { body: cancelOf() });
    await ask(gateway, { body: cancelOf(), user: "bob" });
    await ask(gateway, { body: cancelOf("1"), headers: await openSession(gateway) });
    send(event(resultOf(1)));
    stream.push(null);
    await vi.waitFor(() => expect(seen.ended).toBe(true));
    expect(outcomesOf(gateway)).toEqual(["ok"]);
  });
});

describe("a batch of which a call was cancelled (2025-03-26)", () => {
  const rules = {
    deny: ({ target }: { readonly target: string | null }) => (target === "rm" ? "denied_by_policy" : null),
  };

  it("goes on for the others, whose responses all come [AUD-2]", async () => {
    const late = Promise.withResolvers<ScriptedResponse>();
    const { gateway, upstream } = await sessionGateway(
      ({ message }) => (message["id"] === 1 ? late.promise : never()),
      { rules, limits: { cancelGraceMs: 1 } },
    );
    const headers = await openSession(gateway, null);
    const batch = ask(gateway, { headers, body: [toolCall(1), toolCall(2, "rm"), toolCall(3)] });
    await vi.waitFor(() => expect(upstream.sent.some(({ text }) => text.startsWith("["))).toBe(true));
    await ask(gateway, { headers, body: cancelOf(1) });
    // A call that is cancelled later has ended: so would the batch have.
    const alone = ask(gateway, { headers, body: toolCall(9) });
    await vi.waitFor(() => expect(upstream.sent.at(-1)?.message["id"]).toBe(9));
    await ask(gateway, { headers, body: cancelOf(9) });
    expect((await alone).status).toBe(202);
    late.resolve(text([resultOf(3)]));
    expect(await jsonOf<unknown[]>(await batch)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 2, error: expect.objectContaining({ code: -32010 }) }),
        expect.objectContaining({ id: 3, result: expect.anything() }),
      ]),
    );
    expect(outcomesOf(gateway)).toEqual(["cancelled", "ok", "cancelled"]);
  });

  it.each([
    ["while they were decided about", true],
    ["while they ran", false],
  ])("still says what was refused when all others were cancelled %s", async (_when, early) => {
    const decided = Promise.withResolvers<void>();
    const { gateway, upstream } = await sessionGateway(never, {
      limits: { cancelGraceMs: 1 },
      rules: { ...rules, before: ({ kind }) => (kind === "tool" ? decided.promise : Promise.resolve()) },
    });
    const headers = await openSession(gateway, null);
    const batch = ask(gateway, { headers, body: [toolCall(1), toolCall(2, "rm")] });
    if (early) {
      await ask(gateway, { headers, body: cancelOf(1) });
    }
    decided.resolve();
    if (!early) {
      await vi.waitFor(() => expect(upstream.sent.at(-1)?.message["method"]).toBe("tools/call"));
      await ask(gateway, { headers, body: cancelOf(1) });
    }
    const response = await batch;
    expect(response.status).toBe(200);
    expect(await jsonOf(response)).toMatchObject([{ id: 2, error: { code: -32010 } }]);
    expect(outcomesOf(gateway)).toEqual(["cancelled"]);
  });
});
