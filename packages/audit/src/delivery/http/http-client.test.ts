import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { failureResult } from "./failure-result.ts";
import { createHttpClient, type HttpClient } from "./http-client.ts";

let server: Server | undefined;
let client: HttpClient | undefined;
afterEach(async () => {
  await client?.close();
  server?.closeAllConnections();
  server?.close();
});

async function setUp(listener: RequestListener, settings: { timeoutMs?: number } = {}) {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in?a=1`;
  const speaking = createHttpClient({ timeoutMs: 10_000, maxConnections: 1, ...settings });
  client = speaking;
  return (signal = new AbortController().signal, body = "text") =>
    speaking.exchange({ method: "POST", url, headers: { "x-a": "b" }, body }, signal);
}

describe("failureResult", () => {
  it.each([
    ["a socket that ended", Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" })],
    ["no HTTP", Object.assign(new Error("Parse Error"), { code: "HPE_INVALID_CONSTANT" })],
    ["a page instead of JSON", new SyntaxError("Unexpected token '<', \"<html>\" is not valid JSON")],
    ["a limit", new DOMException("The operation was aborted due to timeout", "TimeoutError")],
    ["headers that do not come", Object.assign(new Error("x"), { code: "UND_ERR_HEADERS_TIMEOUT" })],
  ])("says %s in words, without those of a library", (_what, error) => {
    const { kind, reason } = failureResult(new TypeError("fetch failed", { cause: error }));
    expect(kind).toBe("maybe_duplicate");
    expect(reason).not.toMatch(/UND_|HPE_|token|Parse Error|aborted|fetch failed/);
    expect(reason.length).toBeGreaterThan(20);
  });

  it("tells a certificate of ours that is refused from one of the receiver", () => {
    const of = (code: string) => failureResult(Object.assign(new Error("x"), { code }));
    expect(of("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED")).toMatchObject({
      kind: "configuration",
      reason: /does not accept our certificate/,
    });
    expect(of("ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE")).toMatchObject({ reason: /our certificate/ });
    expect(of("DEPTH_ZERO_SELF_SIGNED_CERT")).toMatchObject({ reason: /the receiver's certificate/ });
    expect(of("ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR").kind).toBe("maybe_duplicate");
  });
});

describe("createHttpClient", () => {
  it("sends a request as it is, and reads status, headers and text", async () => {
    const exchange = await setUp((request, response) => {
      request.setEncoding("utf8").once("data", (body: string) => {
        const { method, url, headers } = request;
        response.writeEarlyHints({ link: "</a>; rel=preload" });
        response.writeHead(418, { "retry-after": "3" });
        response.end(`${method} ${url} ${String(headers["x-a"])} ${body} é`);
      });
    });
    expect(await exchange()).toMatchObject({
      status: 418,
      headers: { "retry-after": "3" },
      text: "POST /in?a=1 b text é",
    });
  });

  it("reads 64 KiB of a response without end, and goes on over another connection", async () => {
    const exchange = await setUp((_request, response) => {
      const write = (): void => void response.write("x".repeat(50_000), () => response.destroyed || write());
      write();
    });
    for (const _again of [1, 2]) {
      expect((await exchange()).text).toBe("x".repeat(64 * 1024));
    }
  });

  it("gives up a response that drips, when its time is over", async () => {
    const exchange = await setUp(
      (_request, response) => {
        const timer = setInterval(() => response.write("."), 10);
        response.on("close", () => clearInterval(timer));
      },
      { timeoutMs: 200 },
    );
    await expect(exchange()).rejects.toMatchObject({ name: "TimeoutError" });
  });

  it("does not send what is given up while it waits for a connection", async () => {
    const bodies: string[] = [];
    const responses: (() => void)[] = [];
    const exchange = await setUp((request, response) => {
      request.setEncoding("utf8").once("data", (body: string) => {
        bodies.push(body);
        responses.push(() => response.end());
      });
    });
    const first = exchange(undefined, "first");
    const giveUp = new AbortController();
    const second = exchange(giveUp.signal, "second");
    giveUp.abort(new Error("given up"));
    await expect(second).rejects.toThrow("given up");
    await expect(exchange(giveUp.signal, "third")).rejects.toThrow("given up");
    while (responses.length === 0) {
      await new Promise(setImmediate);
    }
    responses[0]?.();
    await first;
    const last = exchange(undefined, "last");
    while (responses.length === 1) {
      await new Promise(setImmediate);
    }
    responses[1]?.();
    await last;
    expect(bodies).toEqual(["first", "last"]);
  });

  it("rejects when the connection ends in the middle of a response", async () => {
    const exchange = await setUp((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("a part", () => response.destroy());
    });
    await expect(exchange()).rejects.toThrow(/closed|terminated|ECONNRESET/i);
  });

  it("names what is wrong with a request that cannot be sent", async () => {
    client = createHttpClient({ timeoutMs: 1_000, maxConnections: 1 });
    await expect(
      client.exchange(
        { method: "GET", url: "http://127.0.0.1:1/", headers: { a: "line\nbreak" } },
        new AbortController().signal,
      ),
    ).rejects.toThrow("invalid a header");
  });
});
