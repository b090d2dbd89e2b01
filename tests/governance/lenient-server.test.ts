import { requireServer, startMcpGo, startTokenIssuer, type McpGo, type TokenIssuer } from "@sark/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { ENVELOPE, send, type RawResponse } from "../support/requests.ts";

// mark3labs/mcp-go reads JSON with encoding/json, to which "Name" and "argumentſ" are members of the protocol.
const go = requireServer("go");
const ERAS = ["session", "stateless"] as const;
type Era = (typeof ERAS)[number];

/** What a client sends beside `jsonrpc`, `id` and `method`, as text: the spelling is the point. */
const params = (members: string, era: Era) =>
  `{${members}${era === "stateless" ? `${members === "" ? "" : ","}"_meta":${JSON.stringify(ENVELOPE)}` : ""}}`;

const call = (members: string, era: Era) =>
  `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${params(members, era)}}`;

function headersOf(era: Era, session: string | undefined): Record<string, string> {
  return era === "stateless"
    ? { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "echo" }
    : {
        "mcp-protocol-version": "2025-11-25",
        ...(session === undefined ? {} : { "mcp-session-id": session }),
      };
}

/** Opens a session where the era has some, and sends one call. */
async function callAt(
  base: string,
  path: string,
  members: string,
  era: Era,
  more: Record<string, string> = {},
): Promise<RawResponse> {
  let session: string | undefined;
  if (era === "session") {
    const info = '"capabilities":{},"clientInfo":{"name":"test","version":"1"}';
    const body = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",${info}}}`;
    const opened = await send(base, { path, headers: more, body });
    expect(opened.status).toBe(200);
    session = opened.headers["mcp-session-id"] as string | undefined;
    const notice = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
    await send(base, { path, headers: { ...headersOf(era, session), ...more }, body: notice });
  }
  return send(base, { path, headers: { ...headersOf(era, session), ...more }, body: call(members, era) });
}

describe.runIf(go)("a server that ignores the case of names, mark3labs/mcp-go", () => {
  let server: McpGo;
  let issuer: TokenIssuer;
  let gateway: GatewayUnderTest;
  let authorization: string;

  beforeAll(async () => {
    server = await startMcpGo(go!);
    issuer = await startTokenIssuer({ audience: "sark" });
    const shared = { sensitivity: "low", tools: { delete_all: "critical" } };
    gateway = await startGatewayUnderTest({
      upstreams: [
        { name: "http", transport: "http", url: server.url, ...shared },
        { name: "stdio", transport: "stdio", command: server.command, env: server.environment, ...shared },
      ],
      config: {
        authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      },
    });
    authorization = `Bearer ${await issuer.issue({ sub: "alice", roles: ["developer"] })}`;
  }, 600_000);
  afterAll(async () => {
    await gateway?.close();
    await server?.close();
    await issuer?.close();
  });
  beforeEach(() => {
    server.takeCalls();
  });

  const ask = (name: string, members: string, era: Era, headers: Record<string, string> = {}) =>
    callAt(gateway.url, `/mcp/${name}`, members, era, { authorization, ...headers });
  const reasonOf = ({ json }: RawResponse) =>
    (json as { error?: { data?: { reason_code?: string } } }).error?.data?.reason_code;

  describe.each(ERAS)("%s era", (era) => {
    it("is what it is taken for: asked directly, it runs what only a lenient reader sees", async () => {
      const { origin, pathname } = new URL(server.url);
      await callAt(origin, pathname, '"name":"echo","Name":"delete_all"', era, { "mcp-name": "delete_all" });
      await callAt(origin, pathname, '"name":"echo","argumentſ":{"Account":"root"}', era);
      expect(server.takeCalls()).toMatchObject([
        { tool: "delete_all" },
        { tool: "echo", arguments: { account: "root" } },
      ]);
    });

    describe.each(["http", "stdio"])("over %s, behind the gateway", (name) => {
      it("gets calls as they were evaluated [AUD-1]", async () => {
        const response = await ask(name, '"name":"echo","arguments":{"account":"me","to":{"iban":"x"}}', era);
        expect(response.text).toContain("echo of me");
        expect(server.takeCalls()).toMatchObject([{ tool: "echo", arguments: { account: "me" } }]);
        expect(reasonOf(await ask(name, '"name":"delete_all"', era, { "mcp-name": "delete_all" }))).toBe(
          "denied_by_policy",
        );
        expect(server.takeCalls()).toEqual([]);
      });

      it.each([
        ["a second name", '"name":"echo","Name":"delete_all"'],
        ["a second name before it", '"NAME":"delete_all","name":"echo"'],
        ["arguments in capitals", '"name":"echo","Arguments":{"account":"root"}'],
        ["arguments with a long s", '"name":"echo","argumentſ":{"account":"root"}'],
        ["arguments with an escaped long s", '"name":"echo","argument\\u017f":{"account":"root"}'],
        ["arguments twice, one with a long s", '"name":"echo","arguments":{},"argumentſ":{"account":"root"}'],
        ["an argument twice", '"name":"echo","arguments":{"account":"me","Account":"root"}'],
        ["an argument twice within another", '"name":"echo","arguments":{"to":{"iban":"a","IBAN":"b"}}'],
      ])("never gets %s", async (_what, members) => {
        expect(reasonOf(await ask(name, members, era))).toBe("similar_key");
        expect(server.takeCalls()).toEqual([]);
      });

      it.each(era === "stateless" ? ["note"] : [])(
        "gets headers that repeat its %s, and no others",
        async () => {
          const members = '"name":"echo","arguments":{"note":"a"}';
          expect((await ask(name, members, era, { "mcp-param-note": "a" })).text).toContain("echo of");
          expect(server.takeCalls()).toMatchObject([
            { arguments: { note: "a" }, header: name === "http" ? "a" : "" },
          ]);
          for (const headers of [
            { "mcp-param-note": "b" },
            { "mcp-param-note": "a", "mcp-param-account": "a" },
          ]) {
            expect(reasonOf(await ask(name, members, era, headers))).toBe("header_mismatch");
          }
          expect(server.takeCalls()).toEqual([]);
        },
      );

      it.each([
        ["an argument in capitals", '"name":"echo","arguments":{"ACCOUNT":"root"}'],
        ["an argument within another", '"name":"echo","arguments":{"account":"me","to":{"Iban":"x"}}'],
      ])("never gets %s, and the denial is on record [AUD-1]", async (_what, members) => {
        const response = await ask(name, members, era);
        expect(reasonOf(response)).toBe("ambiguous_arguments");
        expect(server.takeCalls()).toEqual([]);
        const id = String(response.headers["x-correlation-id"]);
        await vi.waitFor(async () =>
          expect(await auditRows(gateway.databaseUrl, "gateway_request_id = $1", id)).toMatchObject([
            { decision: "deny", tool_name: "echo", metadata: { reason_code: "ambiguous_arguments" } },
          ]),
        );
      });
    });
  });
});
