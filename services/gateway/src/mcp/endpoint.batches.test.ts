import { describe, expect, it } from "vitest";
import { ask, bodyOf, jsonOf, requestOf } from "./testing/ask.ts";
import type { GovernorRules } from "./testing/governor.ts";
import { respondToAll, event, resultOf } from "./testing/scripted-upstream.ts";
import { sessionGateway } from "./testing/session-gateway.ts";

describe("batches of 2025-03-26", () => {
  const rules: GovernorRules = {
    deny: ({ target }) => (target === "rm" ? "denied_by_policy" : null),
    hide: (t) => t === "rm",
  };
  const mixed = [
    requestOf(1, "tools/call", { name: "add" }),
    requestOf(2, "tools/call", { name: "rm" }),
    { jsonrpc: "2.0", method: "notifications/progress", params: {} },
    requestOf(3, "tools/call", {}),
    requestOf(4, "ping"),
  ];

  it("are decided about one by one: what is refused does not travel, and all have a response", async () => {
    const { gateway, upstream } = await sessionGateway(respondToAll, { rules });
    const response = await ask(gateway, { body: mixed });
    expect(response.status).toBe(200);
    const responses = await jsonOf<{ id: number; error?: { code: number } }[]>(response);
    expect(responses.map(({ id, error }) => [id, error?.code]).sort(([a = 0], [b = 0]) => a - b)).toEqual([
      [1, undefined],
      [2, -32010],
      [3, -32602],
      [4, undefined],
    ]);
    expect(JSON.parse(upstream.sent[0]?.text ?? "")).toEqual([mixed[0], mixed[2], mixed[4]]);
    expect(gateway.observer.of("requestRefused")).toHaveLength(1);
    const outcomes = gateway.governor.decided.map(({ results }) =>
      results.map(({ outcome }) => outcome).join(),
    );
    expect(outcomes).toEqual(["ok", "", "ok", "ok"]);
  });

  it("have their responses in a stream, too", async () => {
    const { gateway } = await sessionGateway(
      () => ({
        headers: { "content-type": "text/event-stream" },
        body: event([resultOf(1), resultOf(4)]),
      }),
      { rules },
    );
    const text = await bodyOf(await ask(gateway, { body: mixed }));
    const ids = [...text.matchAll(/"id":(\d)/g)].map(([, id]) => Number(id)).sort((a, b) => a - b);
    expect(ids).toEqual([1, 2, 3, 4]);
  });

  it("need no server when all of them are refused", async () => {
    const { gateway, upstream } = await sessionGateway(respondToAll, { rules });
    const response = await ask(gateway, { body: [mixed[1]] });
    expect(await jsonOf(response)).toMatchObject([{ id: 2, error: { code: -32010 } }]);
    expect(upstream.sent).toEqual([]);
  });

  it("that subscribe when no stream is left have a response each, and nothing of them is left open [AUD-2]", async () => {
    const { gateway, upstream } = await sessionGateway(respondToAll, {
      rules,
      limits: { maxStreamsPerCaller: 0 },
    });
    const body = [requestOf(1, "subscriptions/listen", { notifications: {} }), ...mixed.slice(1)];
    const responses = await jsonOf<{ id: number; error?: { code: number } }[]>(await ask(gateway, { body }));
    expect(responses.map(({ id, error }) => [id, error?.code]).sort(([a = 0], [b = 0]) => a - b)).toEqual([
      [1, -32011],
      [2, -32010],
      [3, -32602],
      [4, -32011],
    ]);
    expect(upstream.sent).toEqual([]);
    const permitted = gateway.governor.decided.filter(({ allowed }) => allowed);
    expect(permitted.map(({ results }) => results.map(({ outcome }) => outcome))).toEqual(
      Array.from({ length: 3 }, () => ["protocol_error"]),
    );
  });

  it("get an error for each response that the server left out", async () => {
    const { gateway } = await sessionGateway(() => ({ body: JSON.stringify([resultOf(1)]) }));
    const responses = await jsonOf<{ id: number; error?: { data: object } }[]>(
      await ask(gateway, { body: [requestOf(1, "ping"), requestOf(2, "tools/call", { name: "add" })] }),
    );
    expect(responses).toMatchObject([
      { id: 1, result: {} },
      { id: 2, error: { data: { reason_code: "upstream_silent" } } },
    ]);
    expect(gateway.governor.calls("tools/call")[0]?.results).toMatchObject([{ outcome: "upstream_error" }]);
  });

  it("have their lists filtered", async () => {
    const { gateway } = await sessionGateway(
      () => ({
        body: `[${JSON.stringify(resultOf(9, { x: 1 }))},{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"rm"},{"name":"add","n":1.0}]}}]`,
      }),
      { rules },
    );
    const text = await bodyOf(
      await ask(gateway, { body: [requestOf(1, "tools/list"), requestOf(9, "ping")] }),
    );
    expect(text).toContain('"tools":[{"name":"add","n":1.0}]');
    expect(text).not.toContain("rm");
  });
});
