import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMcpServer } from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { rawConnection, toolCall } from "../support/requests.ts";

const tools = await startMcpServer();
let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    policies: { "everyone.cedar": "permit(principal, action, resource);" },
  });
});
afterAll(async () => {
  await gateway.close();
  await tools.close();
});

const ECHO = toolCall("tools", "echo", { text: "smuggled" });
const CALL = JSON.stringify(ECHO.body);
const HEADERS = Object.entries(ECHO.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
const LENGTH = `Content-Length: ${CALL.length}\r\n`;
const CHUNKED = "Transfer-Encoding: chunked\r\n";
const CHUNKS = `${CALL.length.toString(16)}\r\n${CALL}\r\n0\r\n\r\n`;

interface Sent {
  readonly start?: string;
  /** Lines between the first one and those that each request has. */
  readonly first?: string;
  readonly lines?: string;
  readonly host?: string;
  readonly body?: string;
}

function request({
  start,
  first = "",
  lines = LENGTH,
  host = "Host: localhost\r\n",
  body = CALL,
}: Sent): string {
  const own = `X-API-Key: ${gateway.apiKey}\r\n${HEADERS.join("")}Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n`;
  return `${start ?? "POST /mcp/tools HTTP/1.1"}\r\n${first}${host}${own}${lines}\r\n${body}`;
}

/** What is read as one request by some and as two by others: the second one is a call in each case. */
const FOLLOWED = () => request({});

const called = () => tools.requests().filter(({ method }) => method === "tools/call").length;

const recorded = async () => (await auditRows(gateway.databaseUrl, "event_type = 'tool_invoke'")).length;

describe("a request that could be read in two ways is refused, its connection ends, and no tool runs [GTW-12]", () => {
  it.each<[what: string, Sent, status?: number]>([
    ["two lengths", { lines: `${LENGTH}${LENGTH}` }],
    ["two lengths that differ", { lines: `${LENGTH}Content-Length: 0\r\n` }],
    ["a list of lengths", { lines: `Content-Length: ${CALL.length}, ${CALL.length}\r\n` }],
    ["a length with a sign", { lines: `Content-Length: +${CALL.length}\r\n` }],
    ["a length in hexadecimal", { lines: `Content-Length: 0x${CALL.length.toString(16)}\r\n` }],
    ["a length beyond any number", { lines: `Content-Length: 1${"0".repeat(30)}\r\n` }],
    ["a blank in front of the colon", { lines: `Content-Length : ${CALL.length}\r\n` }],
    ["a length and a coding", { lines: `${LENGTH}${CHUNKED}`, body: CHUNKS }],
    ["a coding and a length", { lines: `${CHUNKED}${LENGTH}`, body: CHUNKS }],
    ["a coding of HTTP/1.0", { start: "POST /mcp/tools HTTP/1.0", lines: CHUNKED, body: CHUNKS }],
    ["a coding under the chunks", { lines: "Transfer-Encoding: gzip, chunked\r\n", body: CHUNKS }],
    ["the same in two lines", { lines: `Transfer-Encoding: gzip\r\n${CHUNKED}`, body: CHUNKS }],
    ["the same coding twice", { lines: `${CHUNKED}${CHUNKED}`, body: CHUNKS }],
    ["a coding above the chunks", { lines: "Transfer-Encoding: chunked, identity\r\n", body: CHUNKS }],
    ["a list with an empty item", { lines: "Transfer-Encoding: ,chunked\r\n", body: CHUNKS }],
    ["a coding with a parameter", { lines: "Transfer-Encoding: chunked;q=1\r\n", body: CHUNKS }],
    ["a coding with a vertical tab", { lines: "Transfer-Encoding: \vchunked\r\n", body: CHUNKS }],
    ["an underscore for the hyphen", { lines: `${LENGTH}Transfer_Encoding: chunked\r\n` }],
    ["the same in a length", { lines: `${LENGTH}Content_Length: 0\r\n` }],
    ["a folded coding", { lines: "Transfer-Encoding:\r\n chunked\r\n", body: CHUNKS }],
    ["a folded line of another header", { lines: `X-A: b\r\n\tc\r\n${LENGTH}` }],
    ["a fold at the first line", { first: " X-A: b\r\n" }],
    ["a bare line feed", { lines: `X-A: b\n${LENGTH}` }],
    ["a bare carriage return", { lines: `X-A: b\rX-B: c\r\n${LENGTH}` }],
    ["a zero byte", { lines: `X-A: b\0c\r\n${LENGTH}` }],
    ["a line without a colon", { lines: `X-A\r\n${LENGTH}` }],
    ["a name with a blank", { lines: `X A: b\r\n${LENGTH}` }],
    ["a name of no characters", { lines: `: b\r\n${LENGTH}` }],
    ["chunks between line feeds", { lines: CHUNKED, body: CHUNKS.replaceAll("\r\n", "\n") }],
    [
      "a chunk with another end",
      { lines: CHUNKED, body: `${CALL.length.toString(16)}\r\n${CALL}XX0\r\n\r\n` },
    ],
    ["a chunk's length with 0x", { lines: CHUNKED, body: `0x${CHUNKS}` }],
    [
      "a chunk's length beyond any number",
      { lines: CHUNKED, body: `${"f".repeat(17)}\r\n${CALL}\r\n0\r\n\r\n` },
    ],
    ["a line feed in a chunk's extension", { lines: CHUNKED, body: CHUNKS.replace("\r\n", ";a=b\nc\r\n") }],
    [
      "a trailer that is a length",
      { lines: CHUNKED, body: CHUNKS.replace(/\r\n$/, "Content-Length: 5\r\n\r\n") },
    ],
    ["HTTP/2.0 in a line of HTTP/1", { start: "POST /mcp/tools HTTP/2.0" }],
    ["HTTP/0.9 with a head", { start: "POST /mcp/tools HTTP/0.9" }],
    ["no version", { start: "GET /health" }],
    ["a version that there is not", { start: "POST /mcp/tools HTTP/1.2" }],
    ["another host in the target", { start: "POST http://evil.example/mcp/tools HTTP/1.1" }],
    ["a user in the target", { start: "POST http://localhost@evil.example/mcp/tools HTTP/1.1" }],
    ["the same host after a user", { start: "POST http://evil.example@localhost/mcp/tools HTTP/1.1" }],
    ["another port in the target", { start: "POST http://localhost:81/mcp/tools HTTP/1.1" }],
    ["another scheme", { start: "POST ftp://localhost/mcp/tools HTTP/1.1" }],
    ["a fragment in the target", { start: "POST /mcp/tools#/../../health HTTP/1.1" }],
    ["a letter of the path in code", { start: "POST /mcp/%74ools HTTP/1.1" }],
    ["the first one, in front of which a rule may stand", { start: "POST /%6dcp/tools HTTP/1.1" }],
    ["a dot in code", { start: "POST /mcp/%2e%2E/mcp/tools HTTP/1.1" }],
    ["an authority for a target", { start: "POST localhost:80 HTTP/1.1" }],
    ["a tunnel", { start: "CONNECT localhost:80 HTTP/1.1" }],
    ["a tunnel to a path", { start: "CONNECT /mcp/tools HTTP/1.1" }],
    ["the preface of HTTP/2", { start: "PRI * HTTP/2.0" }],
    ["more headers than fit", { lines: `${"a: b\r\n".repeat(4_000)}${LENGTH}` }, 431],
  ])("%s", async (_what, sent, status = 400) => {
    const before = { called: called(), recorded: await recorded() };
    const connection = await rawConnection(gateway.url);
    connection.write(request(sent) + FOLLOWED());
    const text = await connection.ended();
    const [head = "", body = "", ...more] = text.split("\r\n\r\n");
    expect(more).toEqual([]);
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toMatch(/^connection: close$/im);
    const correlationId = /^x-correlation-id: ([0-9a-f-]{36})$/im.exec(head)?.[1];
    const { error } = JSON.parse(body) as { error: { code: string; correlation_id: string } };
    expect(error).toMatchObject({
      code: status === 431 ? "headers_too_large" : "malformed_request",
      correlation_id: correlationId,
    });
    expect({ called: called(), recorded: await recorded() }).toEqual(before);
  });

  it.each(["utf-16", "utf-16le", "iso-8859-1", "utf-8; charset=utf-7"])(
    "bytes that are other text in %s, which some servers would decode: refused as any other type",
    async (charset) => {
      const before = called();
      const connection = await rawConnection(gateway.url);
      const sent = request({ lines: `${LENGTH}Connection: close\r\n` });
      connection.write(sent.replace("application/json\r\n", `application/json; charset=${charset}\r\n`));
      expect(await connection.ended()).toMatch(/^HTTP\/1\.1 415 /);
      expect(called()).toBe(before);
    },
  );

  it.each(["/mcp/tools", "/health"])(
    "a method that the framework knows: QUERY %s, and no fault",
    async (path) => {
      const connection = await rawConnection(gateway.url);
      connection.write(
        `QUERY ${path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${gateway.apiKey}\r\nConnection: close\r\n\r\n`,
      );
      expect(await connection.ended()).toMatch(/^HTTP\/1\.1 4(?:04|15) /);
    },
  );

  it.each<[what: string, Sent]>([
    ["two Hosts", { host: "Host: localhost\r\nHost: localhost\r\n" }],
    ["no Host", { host: "" }],
  ])("%s: refused as any other request", async (_what, sent) => {
    const before = called();
    const connection = await rawConnection(gateway.url);
    connection.write(request({ ...sent, lines: `${LENGTH}Connection: close\r\n` }));
    expect(await connection.ended()).toMatch(/^HTTP\/1\.1 400 [^]*"Send one Host\."/);
    expect(called()).toBe(before);
  });

  it.each<[what: string, Sent]>([
    ["in chunks", { lines: CHUNKED, body: CHUNKS }],
    ["with an extension of a chunk", { lines: CHUNKED, body: CHUNKS.replace("\r\n", ";a=b\r\n") }],
    ["to the same host twice", { start: "POST http://LOCALHOST/mcp/tools HTTP/1.1" }],
    ["with a length in HTTP/1.0", { start: "POST /mcp/tools HTTP/1.0" }],
  ])("what can be read in one way alone runs: %s", async (_what, sent) => {
    const before = called();
    const connection = await rawConnection(gateway.url);
    connection.write(request({ ...sent, lines: `${sent.lines ?? LENGTH}Connection: close\r\n` }));
    expect(await connection.ended()).toMatch(/^HTTP\/1\.1 200 /);
    expect(called()).toBe(before + 1);
  });
});
