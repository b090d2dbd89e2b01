import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { auditCommand } from "../support/audit-command.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { ENVELOPE, send, type RawResponse } from "../support/requests.ts";
import { join } from "node:path";

/** Literals, each with the one text that the log and policies know its value by. */
const NUMBERS: readonly (readonly [literal: string, canonical: string])[] = [
  ["9007199254740993", "9007199254740993"],
  ["123456789012345678901234567890", "123456789012345678901234567890"],
  ["-0.1000000000000000055511151231257827", "-0.1000000000000000055511151231257827"],
  ["1E400", "1e+400"],
  ["1e-400", "1e-400"],
  ["1.0", "1"],
  ["1e2", "100"],
  ["0.10", "0.1"],
  ["-0", "0"],
];
const ARGUMENTS = `{"list":[${NUMBERS.map(([literal]) => literal).join()}], "account":9007199254740992.5e0}`;
const KEPT = `{"account":9007199254740992.5,"list":[${NUMBERS.map(([, canonical]) => canonical).join()}]}`;

/** Repeats the arguments of a call, as they were written, within its result. */
const RESULT = (id: string, line: string) => {
  const args = /"arguments":\s*(\{.*?\})\s*,\s*"_meta"|"arguments":\s*(\{[^{}]*\})/s.exec(line);
  return `{"jsonrpc":"2.0","id":${id},"result":{"content":[],"structuredContent":${args?.[1] ?? args?.[2] ?? "null"}, "resultType":"complete"}}`;
};

/** A server that reads lines as text, so that nothing but the gateway could change a number. */
const LINES = `
  const RESULT = ${RESULT.toString()};
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, method } = JSON.parse(line);
    const say = (result) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id, result }) + "\\n");
    const about = { capabilities: { tools: {} }, serverInfo: { name: "lines", version: "1" } };
    if (method === "initialize") say({ protocolVersion: "2025-11-25", ...about });
    if (method === "server/discover") say({ supportedVersions: ["2026-07-28"], ...about, resultType: "complete", ttlMs: 0, cacheScope: "private" });
    if (method === "tools/list") say({ tools: [], resultType: "complete", ttlMs: 0, cacheScope: "private" });
    if (method === "tools/call") process.stdout.write(RESULT(/"id":("[^"]*"|\\d+)/.exec(line)[1], line) + "\\n");
  });`;

const http = createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  request.on("end", () => {
    const call = text.includes('"tools/call"');
    response.writeHead(call ? 200 : 400, { "content-type": "application/json" });
    response.end(call ? RESULT(/"id":(\d+)/.exec(text)?.[1] ?? "0", text) : "{}");
  });
});

const POLICIES = `
  permit(principal, action, resource);
  @id("one-account") forbid(principal, action == Action::"gateway:tool:invoke", resource)
  when { context has parameters && context.parameters has account && context.parameters.account == 9007199254740993 };
  @id("huge") forbid(principal, action == Action::"gateway:tool:invoke", resource)
  when { context has parameters && context.parameters has amount && context.parameters.amount == "1e+400" };`;

let gateway: GatewayUnderTest;
let pool: pg.Pool;
beforeAll(async () => {
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const lines = { transport: "stdio", command: process.execPath, args: ["-e", LINES], sensitivity: "low" };
  gateway = await startGatewayUnderTest({
    upstreams: [
      {
        name: "http",
        transport: "http",
        url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
        sensitivity: "low",
      },
      { name: "stdio", ...lines },
    ],
    policies: { "numbers.cedar": POLICIES },
    config: { audit: { arguments: "full", results: "full" } },
  });
  pool = new pg.Pool({ connectionString: gateway.databaseUrl, max: 2 });
  pool.on("error", () => undefined);
});
afterAll(async () => {
  await pool.end();
  await gateway.close();
  http.close();
});

const auth = () => ({ "x-api-key": gateway.apiKey });

/** A call in the stateless era, its arguments as they are written. */
function stateless(server: string, args: string, id = "7"): Promise<RawResponse> {
  return send(gateway.url, {
    path: `/mcp/${server}`,
    headers: {
      ...auth(),
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "echo",
    },
    body: `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":${args},"_meta":${JSON.stringify(ENVELOPE)}}}`,
  });
}

/** The same in a session. */
async function inSession(server: string, args: string): Promise<RawResponse> {
  const path = `/mcp/${server}`;
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } };
  const initialized = await send(gateway.url, {
    path,
    headers: auth(),
    body: { jsonrpc: "2.0", id: 1, method: "initialize", params },
  });
  const session = String(initialized.headers["mcp-session-id"]);
  const headers = { ...auth(), "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" };
  try {
    const call = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":${args}}}`;
    return await send(gateway.url, { path, headers, body: call });
  } finally {
    await send(gateway.url, { method: "DELETE", path, headers });
  }
}

/** What is kept of a call's arguments and result, as text. */
async function payloads(response: RawResponse): Promise<Record<string, string>> {
  return vi.waitFor(
    async () => {
      const { rows } = await pool.query<{ kind: string; body: string }>(
        `SELECT p.kind, convert_from(p.body, 'UTF8') AS body FROM gateway_audit_payloads AS p
         JOIN gateway_audit_events AS e ON e.id = p.event_id WHERE e.gateway_request_id = $1`,
        [response.headers["x-correlation-id"]],
      );
      expect(rows).toHaveLength(2);
      return Object.fromEntries(rows.map(({ kind, body }) => [kind, body]));
    },
    { timeout: 20_000 },
  );
}

describe("numbers reach the tool as they were written, and policy and log with all their digits", () => {
  it.each([
    ["over HTTP", () => stateless("http", ARGUMENTS)],
    ["through the process that callers share", () => stateless("stdio", ARGUMENTS)],
    ["through a session's process", () => inSession("stdio", ARGUMENTS)],
  ])("%s [AUD-1]", async (_how, call) => {
    const response = await call();
    expect(response.status).toBe(200);
    // Repeated by the server from what it got, and passed on as it wrote it.
    expect(response.text).toContain(`"structuredContent":${ARGUMENTS}`);
    const kept = await payloads(response);
    expect(kept["arguments"]).toBe(KEPT);
    expect(kept["result"]).toContain(`"structuredContent":${KEPT}`);
  });

  it.each(["http", "stdio"])(
    "a policy tells neighbours beyond 2^53 apart, before %s [AUD-1]",
    async (server) => {
      for (const round of [1, 2]) {
        const denied = await stateless(server, '{"account":9007199254740993}', String(round));
        expect(denied.json).toMatchObject({ error: { data: { reason_code: "denied_by_policy" } } });
        for (const account of ["9007199254740992", "9007199254740994", "9007199254740993.1"]) {
          expect((await stateless(server, `{"account":${account}}`)).json).toHaveProperty("result");
        }
        for (const spelling of ["9007199254740993.0", "900719925474099300e-2", "9007199254740993E0"]) {
          const response = await stateless(server, `{"account":${spelling}}`);
          expect(response.json).toMatchObject({ error: { data: { reason_code: "denied_by_policy" } } });
        }
        expect((await stateless(server, '{"amount":1e400}')).json).toHaveProperty("error");
        expect((await stateless(server, '{"amount":1e401}')).json).toHaveProperty("result");
      }
    },
  );

  it.each([
    ["1e5000", "number_out_of_range"],
    ["-1e-100000000", "number_out_of_range"],
    ["9".repeat(100_000), "number_out_of_range"],
  ])("a number beyond the bounds is refused [AUD-1]", async (literal, reason) => {
    const response = await stateless("http", `{"n":[${literal}]}`);
    expect(response.status).toBe(400);
    expect(response.json).toMatchObject({ id: 7, error: { code: -32600, data: { reason_code: reason } } });
  });

  it.each(["1.0", "1e0", "-0", "9007199254740993", "1.5"])("an id %s is refused [AUD-1]", async (id) => {
    const response = await stateless("http", "{}", id);
    expect(response.status).toBe(400);
    expect(response.json).toMatchObject({ error: { data: { reason_code: "invalid_id" } } });
  });
});

describe("numbers of REST callers", () => {
  const authorize = (body: string) =>
    send(gateway.url, { path: "/api/v1/gateway/authorize", headers: auth(), body });
  const request = (parameters: string, metadata = "{}") =>
    `{"action":"gateway:tool:invoke","server_name":"http","tool_name":"echo","parameters":${parameters},"gateway_metadata":${metadata}}`;

  it("are evaluated and kept with all their digits [AUD-1]", async () => {
    expect((await authorize(request('{"account":9007199254740993}'))).json).toMatchObject({ allow: false });
    const response = await authorize(request(ARGUMENTS, `{"limit":18446744073709551615,"big":1e400}`));
    expect(response.json).toMatchObject({ allow: true });
    const { audit_id: id } = response.json as { audit_id: string };
    const { rows } = await pool.query<{ canonical: string; metadata: string; body: string }>(
      `SELECT convert_from(canonical, 'UTF8') AS canonical, metadata::text, convert_from(body, 'UTF8') AS body
       FROM gateway_audit_events AS e JOIN gateway_audit_payloads AS p ON p.event_id = e.id WHERE e.id = $1`,
      [id],
    );
    expect(rows[0]?.body).toBe(KEPT);
    expect(rows[0]?.canonical).toContain('"gateway_metadata":{"big":1e+400,"limit":18446744073709551615}');
    expect(rows[0]?.metadata).toContain('"limit": 18446744073709551615');
    expect(rows[0]?.metadata).toContain(`"big": 1${"0".repeat(400)},`);
    const shown = await send(gateway.url, {
      method: "GET",
      path: `/api/v1/audit/events/${id}`,
      headers: auth(),
    });
    expect(shown.text).toContain('"gateway_metadata":{"big":1e+400,"limit":18446744073709551615}');
    expect(shown.text).toContain(`"value":${KEPT}`);
    const csv = await send(gateway.url, {
      method: "GET",
      path: "/api/v1/audit/export?format=csv",
      headers: auth(),
    });
    expect(csv.text).toContain('""limit"":18446744073709551615');
  });

  it.each(["1e5000", "9".repeat(2_000)])("beyond the bounds are refused [AUD-1]", async (literal) => {
    const response = await authorize(request("{}", `{"n":${literal}}`));
    expect(response.status).toBe(400);
    expect(response.json).toMatchObject({ error: { code: "invalid_request", field: "body" } });
  });

  it.each(["parameters", "gateway_metadata"])("are no object of %s [AUD-1]", async (member) => {
    const body = request("{}").replace(`"${member}":{}`, `"${member}":9007199254740993`);
    const response = await authorize(body);
    expect(response.status).toBe(400);
    expect(response.json).toMatchObject({ error: { field: member } });
  });

  it("stand in events that others submit, whose time may have any digits [AUD-1]", async () => {
    const response = await send(gateway.url, {
      path: "/api/v1/gateway/audit",
      headers: auth(),
      body: '{"event_type":"tool_invoke","decision":"allow","reason":"r","gateway_request_id":"digits","timestamp":1795000000.12345678901234567,"metadata":{"n":[9007199254740993,1.50,1E-400]}}',
    });
    expect(response.status).toBe(201);
    const { rows } = await pool.query<{ canonical: string }>(
      "SELECT convert_from(canonical, 'UTF8') AS canonical FROM gateway_audit_events WHERE gateway_request_id = 'digits'",
    );
    expect(rows[0]?.canonical).toContain('"metadata":{"n":[9007199254740993,1.5,1e-400]}');
    expect(rows[0]?.canonical).toContain('"timestamp":"2026-11-18T11:06:40.123457Z"');
  });

  it("leave a log that verifies, online and from an export [AUD-7]", async () => {
    const key = join(gateway.dataDirectory, "audit-log.vkey");
    await vi.waitFor(
      async () => {
        const environment = { DATABASE_URL: gateway.databaseUrl };
        const verified = await auditCommand(["verify", "--key", key], environment);
        expect(verified).toMatchObject({ code: 0, report: { ok: true, uncovered: 0 } });
      },
      { timeout: 30_000, interval: 500 },
    );
  });
});

it.each([
  ["through the process that callers share", stateless],
  ["through a session's process", inSession],
])(
  "text that some readers take for the ends of lines is one line to a server on `readline`: %s",
  async (_how, call) => {
    const args = '{"text":"a\u2028b\u2029c\u0085d"}';
    const response = await call("stdio", args);
    expect(response.json).toMatchObject({ result: { structuredContent: JSON.parse(args) as object } });
  },
);
