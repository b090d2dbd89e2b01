import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { startService, type ServiceUnderTest } from "../testing/service.ts";

let service: ServiceUnderTest;
let sender: string;
beforeAll(async () => {
  service = await startService(inject("postgresUrl"), { METRICS_HTTP_MAX_BODY_SIZE: "64KiB" });
  ({ sender } = await service.tenant("acme"));
});
afterAll(() => service.close());

const event = (id: string) => JSON.stringify({ id, user_id: "alice", type: "login" });
const lengthOf = (body: string) => `content-length: ${body.length}\r\n`;
const CHUNKED = "transfer-encoding: chunked\r\n";
const chunk = (text: string, extension = "") => `${text.length.toString(16)}${extension}\r\n${text}\r\n`;
const HANDSHAKE =
  "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
const END = "0\r\n\r\n";

function request(lines: string, body: string, start = "POST /v1/activity HTTP/1.1", key = sender): string {
  return `${start}\r\nhost: localhost\r\nx-api-key: ${key}\r\ncontent-type: application/json\r\n${lines}\r\n${body}`;
}

/** All that comes until the other side ends the connection. `more` sends further pieces. */
async function exchange(sent: string, more?: (socket: Socket) => void, url = service.url): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => (text += part));
  socket.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => socket.once("end", resolve).once("close", () => resolve()));
  await once(socket, "connect");
  socket.write(sent);
  more?.(socket);
  await ended;
  socket.destroy();
  return text;
}

const statusesIn = (text: string) =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

async function storedIds(...ids: string[]): Promise<number> {
  const before = await queryDatabase<{ n: number }>(
    service.databaseUrl,
    "SELECT count(*)::int AS n FROM metrics.activity_events WHERE attributes->>'case' = ANY ($1)",
    [ids],
  );
  return before[0]?.n ?? -1;
}
const marked = (id: string, user = "alice") =>
  JSON.stringify({ id: id.replaceAll(" ", "-"), user_id: user, type: "login", attributes: { case: id } });

describe("what the proxies in front might read in two ways is refused, the connection ends, and no event of it is taken [SVC-1]", () => {
  const body = event("twice");
  it.each<[what: string, lines: string, body: string]>([
    ["two lengths", lengthOf(body) + lengthOf(body), body],
    ["two lengths that differ", `${lengthOf(body)}content-length: 0\r\n`, body],
    ["a list of lengths", `content-length: ${body.length}, ${body.length}\r\n`, body],
    ["a length and chunks", lengthOf(body) + CHUNKED, chunk(body) + END],
    ["chunks and a length", CHUNKED + lengthOf(body), chunk(body) + END],
    ["chunks twice", CHUNKED + CHUNKED, chunk(body) + END],
    ["chunks under a coding", "transfer-encoding: gzip, chunked\r\n", chunk(body) + END],
    ["a blank in front of the colon", `content-length : ${body.length}\r\n`, body],
    ["an underscore for the hyphen", `${lengthOf(body)}transfer_encoding: chunked\r\n`, body],
    ["a bare line feed in the head", `x-a: b\n${lengthOf(body)}`, body],
    ["bare line feeds between chunks", CHUNKED, (chunk(body) + END).replaceAll("\r\n", "\n")],
    ["a line feed in a chunk's extension", CHUNKED, chunk(body, ";a=b\nc") + END],
    ["a folded line", `x-a: b\r\n\tc\r\n${lengthOf(body)}`, body],
    ["a trailer that is a length", CHUNKED, `${chunk(body)}0\r\ncontent-length: 5\r\n\r\n`],
    ["a chunk that is longer than it says", CHUNKED, `5\r\n${body}\r\n${END}`],
  ])("%s", async (what, lines, text) => {
    const follow = marked(`after ${what}`);
    const all = await exchange(request(lines, text) + request(lengthOf(follow), follow));
    expect(statusesIn(all)).toEqual([400]);
    expect(all).toMatch(/^connection: close$/im);
    expect(all).toContain('"code":"malformed_request"');
    expect(await storedIds(`after ${what}`)).toBe(0);
  });

  it("a body that is shorter than its length takes the next request for its rest, and no event is taken", async () => {
    const [first, second] = [marked("short"), marked("swallowed")];
    const next = request(`${lengthOf(second)}connection: close\r\n`, second);
    const all = await exchange(
      request(`content-length: ${first.length + next.length}\r\n`, first) + next,
      (s) => s.end(),
    );
    expect(statusesIn(all)).toEqual([400]);
    expect(await storedIds("short", "swallowed")).toBe(0);
  });

  it("a body that is longer than its length, with a rest that is no request", async () => {
    const body = marked("long");
    expect(statusesIn(await exchange(request(lengthOf(body), `${body}{"id":"rest"}`)))).toEqual([]);
    expect(await storedIds("long")).toBe(0);
  });
});

describe("bodies and heads without an end cost their sender its connection, and others nothing [SVC-1]", () => {
  const forever = (text: string) => (socket: Socket) => {
    const timer = setInterval(() => socket.write(text), 100);
    socket.once("close", () => clearInterval(timer)).once("end", () => clearInterval(timer));
  };

  it("a byte at a time, over many connections at once, while another tenant is served", async () => {
    // A time to be run into.
    const hasty = await startService(inject("postgresUrl"), { METRICS_HTTP_REQUEST_TIMEOUT: "1s" });
    try {
      const [{ sender: slowKey }, globex] = [await hasty.tenant("acme"), await hasty.tenant("globex")];
      const start = "POST /v1/batches HTTP/1.1";
      const slow = Array.from({ length: 60 }, (_, at) =>
        at % 3 === 0
          ? exchange(request("content-length: 60000\r\n", "{", start, slowKey), forever("x"), hasty.url)
          : at % 3 === 1
            ? exchange(request(CHUNKED, "", start, slowKey), forever(chunk("x")), hasty.url)
            : exchange(`${start}\r\nhost: localhost\r\n`, forever("a: b\r\n"), hasty.url),
      );
      const held = async () => {
        const { body } = await hasty.send(hasty.platformKey, "GET", "/metrics");
        return Number(/^metrics_api_held_request_bytes (\d+)$/m.exec(String(body))?.[1]);
      };
      const served = await hasty.send(globex.sender, "POST", "/v1/activity", JSON.parse(event("quick")));
      expect(served.status).toBe(201);
      const ends = await Promise.all(slow);
      expect(new Set(ends.flatMap(statusesIn))).toEqual(new Set([408]));
      await vi.waitFor(async () => expect(await held()).toBe(0));
    } finally {
      await hasty.close();
    }
  });

  it.each<[what: string, sent: () => string, more: string, status: number]>([
    ["a body of chunks", () => request(CHUNKED, ""), chunk("x".repeat(60_000)), 413],
    ["tiny chunks", () => request(CHUNKED, ""), chunk("x").repeat(9_000), 400],
    ["a chunk's extension", () => request(CHUNKED, "1;a="), "x".repeat(20_000), 400],
    ["trailers", () => request(CHUNKED, `${chunk("1")}0\r\n`), "a: b\r\n".repeat(9_000), 431],
    ["a head", () => "POST /v1/activity HTTP/1.1\r\nhost: localhost\r\n", "a: b\r\n".repeat(9_000), 431],
    [
      "a line of the head",
      () => "POST /v1/activity HTTP/1.1\r\nhost: localhost\r\na: ",
      "x".repeat(20_000),
      431,
    ],
    ["a target", () => "POST /v1/", "x".repeat(20_000), 431],
  ])("%s", async (_what, sent, more, status) => {
    expect(statusesIn(await exchange(sent(), forever(more)))).toEqual([status]);
  });
});

describe("requests ahead of their responses [SVC-1]", () => {
  it("are responded to in their order, and repeated ones count once", async () => {
    const ids = ["p-1", "p-2", "p-1", "p-3"];
    const all = await exchange(
      ids
        .map((id, at) =>
          request(lengthOf(marked(id)) + (at === 3 ? "connection: close\r\n" : ""), marked(id)),
        )
        .join(""),
    );
    expect(statusesIn(all)).toEqual([201, 201, 201, 201]);
    expect([...all.matchAll(/"id":"(p-\d)","status":"(\w+)"/g)].map(([, id]) => id)).toEqual(ids);
    expect(all.match(/"status":"accepted"/g)).toHaveLength(3);
    expect(await storedIds(...ids)).toBe(3);
  });

  it("end their connection where they are too many", async () => {
    const body = marked("flood");
    const all = await exchange(request(lengthOf(body), body).repeat(200));
    expect(statusesIn(all).length).toBeLessThan(20);
  });

  it.each([
    ["whose caller is not known", "GET /v1/live HTTP/1.1", "unknown", 401],
    ["whose caller may not", "GET /v1/live HTTP/1.1", undefined, 403],
    ["that is none", "POST /v1/activity HTTP/1.1", undefined, 201],
  ])("are not acted upon behind a handshake %s", async (what, start, key, status) => {
    const [first, second] = [marked(`first ${status}`), marked(`behind ${what}`)];
    const isHandshake = status !== 201;
    const head = isHandshake ? HANDSHAKE : HANDSHAKE + lengthOf(first);
    const all = await exchange(
      request(head, isHandshake ? "" : first, start, key) + request(lengthOf(second), second),
    );
    expect(statusesIn(all)).toEqual([status]);
    expect(await storedIds(`behind ${what}`)).toBe(0);
  });

  it("do not end the service where a handshake comes ahead of a response, of an unknown caller or not", async () => {
    const ahead = request("", "", "GET /v1/tenant HTTP/1.1", "unknown");
    const all = await exchange(ahead + request(HANDSHAKE, "", "GET /v1/live HTTP/1.1", "unknown"));
    expect(statusesIn(all)).toEqual([401, 401]);
    expect((await service.send(null, "GET", "/health")).status).toBe(200);
  });

  it("wait for the word to send a body", async () => {
    const body = marked("expected");
    const all = await exchange(
      request(`${lengthOf(body)}expect: 100-continue\r\nconnection: close\r\n`, ""),
      (socket) => socket.once("data", () => socket.write(body)),
    );
    expect(statusesIn(all)).toEqual([100, 201]);
    const refused = await exchange(request("content-length: 900000\r\nexpect: 100-continue\r\n", ""));
    expect(statusesIn(refused)).toEqual([413]);
    const other = await exchange(request(`${lengthOf(body)}expect: 200-ok\r\nconnection: close\r\n`, body));
    expect(statusesIn(other)).toEqual([417]);
  });

  it("take chunks with extensions and trailers for the bytes of their body alone", async () => {
    const body = marked("extended");
    const all = await exchange(
      request(
        `${CHUNKED}connection: close\r\n`,
        `${chunk(body.slice(0, 9), ';a="b"')}${chunk(body.slice(9), ";c")}0\r\nx-tenant: globex\r\nx-api-key: other\r\n\r\n`,
      ),
    );
    expect(statusesIn(all)).toEqual([201]);
    expect(await storedIds("extended")).toBe(1);
  });
});
