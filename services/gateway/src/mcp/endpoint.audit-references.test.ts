import { describe, expect, it } from "vitest";
import type { McpHttpResponse } from "./contract/http-message.ts";
import { ask, bodyOf, jsonOf, requestOf } from "./testing/ask.ts";
import type { GovernorRules } from "./testing/governor.ts";
import { event, type ScriptedResponse } from "./testing/scripted-upstream.ts";
import { sessionGateway } from "./testing/session-gateway.ts";

const CALL = requestOf(1, "tools/call", { name: "add" });
const LEAF = "ab".repeat(32);
const rules: GovernorRules = { deny: ({ target }) => (target === "rm" ? "denied_by_policy" : null) };

const document = (text: string): ScriptedResponse => ({
  headers: { "content-type": "application/json" },
  body: text,
});
const result = (text: string, id = 1): string => `{"jsonrpc":"2.0","id":${id},"result":${text}}`;

async function gatewayFor(script: () => ScriptedResponse, auditReferences = true) {
  const { gateway } = await sessionGateway(script, { rules, auditReferences });
  return gateway;
}

function headersOf({ headers }: McpHttpResponse): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("sark-audit-")));
}

describe("where the record of a call stands [GTW-1] [AUD-7]", () => {
  it.each([
    [
      "a result without _meta",
      '{"n":12345678901234567890 , "f":1.0}',
      ',"n":12345678901234567890 , "f":1.0}',
    ],
    ["an empty result", "{ }", "}"],
    ["what the server wrote into _meta", '{"f":1.0,"_meta":{"theirs":1.50}}', null],
  ])("is said in headers and in _meta, beside %s", async (_what, written, rest) => {
    const gateway = await gatewayFor(() => document(result(written)));
    const response = await ask(gateway, { body: CALL });
    expect(headersOf(response)).toEqual({
      "sark-audit-id": "audit-1",
      "sark-audit-seq": "0",
      "sark-audit-leaf-hash": LEAF,
    });
    const said = `"sark/audit":{"id":"audit-1","seq":0,"leaf_hash":"${LEAF}"}`;
    expect(await bodyOf(response)).toBe(
      result(rest === null ? `{"f":1.0,"_meta":{"theirs":1.50,${said}}}` : `{"_meta":{${said}}${rest}`),
    );
  });

  it("is said in a stream as well: at its head, and in the result", async () => {
    const gateway = await gatewayFor(() => ({
      headers: { "content-type": "text/event-stream" },
      body: event({ jsonrpc: "2.0", id: 1, result: {} }),
    }));
    const response = await ask(gateway, { body: CALL });
    const id = gateway.governor.calls("tools/call")[0]?.auditId ?? "";
    expect(headersOf(response)["sark-audit-id"]).toBe(id);
    expect(await bodyOf(response)).toContain(`"result":{"_meta":{"sark/audit":{"id":"${id}"`);
  });

  it("is the gateway's to say: what a server says under the name is replaced", async () => {
    const forged = '{"_meta":{"sark/audit":{"id":"forged"},"x":1}}';
    const gateway = await gatewayFor(() => document(result(forged)));
    const text = await bodyOf(await ask(gateway, { body: CALL }));
    expect(text).not.toContain("forged");
    expect(text.match(/sark\/audit/g)).toHaveLength(1);
    expect(text).toContain('"x":1');
  });

  it.each(["Sark/Audit", "SARK/AUDIT", "\u017fark/audit", "sark/audit\u200b"])(
    "is not said twice to lenient readers: a server that writes %j is not believed",
    async (name) => {
      const gateway = await gatewayFor(() => document(result(JSON.stringify({ _meta: { [name]: 1 } }))));
      const response = await ask(gateway, { body: CALL });
      expect(response.status).toBe(502);
      expect(await bodyOf(response)).not.toContain(`${JSON.stringify(name)}:1`);
    },
  );

  it("is said with a denial, and with an error of the server", async () => {
    const gateway = await gatewayFor(() =>
      document('{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no"}}'),
    );
    const failed = await ask(gateway, { body: CALL });
    expect(headersOf(failed)["sark-audit-id"]).toBe(gateway.governor.decided.at(-1)?.auditId);
    const denied = await ask(gateway, { body: requestOf(2, "tools/call", { name: "rm" }) });
    const { auditId } = gateway.governor.decided.at(-1) ?? {};
    expect(headersOf(denied)).toMatchObject({ "sark-audit-id": auditId });
    expect(await jsonOf(denied)).toMatchObject({
      error: { data: { audit_id: auditId, audit_seq: Number(headersOf(denied)["sark-audit-seq"]) } },
    });
  });

  it("is the gateway's to say in errors, too: what a server's error says of a record does not reach the client", async () => {
    const error = (data: string) =>
      `{"jsonrpc":"2.0","id":1,"error":{"code":-32010,"message":"denied","data":${data}}}`;
    const claims = '{"audit_id":"forged","x":1.0,"Audit_Seq":7,"audit\u200bId":"forged"}';
    const gateway = await gatewayFor(() => document(error(claims)));
    const response = await ask(gateway, { body: CALL });
    expect(await bodyOf(response)).toBe(error('{"x":1.0}'));
    expect(headersOf(response)["sark-audit-id"]).toBe("audit-1");
  });

  it("is said by each result of a batch, and by no header", async () => {
    const gateway = await gatewayFor(() => document(`[${result("{}", 1)},${result("{}", 2)}]`));
    const response = await ask(gateway, {
      body: [CALL, requestOf(2, "tools/call", { name: "sub" })],
    });
    expect(headersOf(response)).toEqual({});
    const ids = gateway.governor.calls("tools/call").map(({ auditId }) => auditId);
    expect(await jsonOf(response)).toMatchObject(
      ids.map((id) => ({ result: { _meta: { "sark/audit": { id } } } })),
    );
  });

  it("is not said when that is switched off, and by no server then either", async () => {
    const gateway = await gatewayFor(() => document(result('{"_meta":{"sark/audit":{},"x":1.0}}')), false);
    const response = await ask(gateway, { body: CALL });
    expect(headersOf(response)).toEqual({});
    expect(await bodyOf(response)).toBe(result('{"_meta":{"x":1.0}}'));
  });
});
