import { once } from "node:events";
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closeServer, listenOnLoopback } from "../loopback.ts";
import { startHeaderInjector, type HeaderInjector } from "./start-header-injector.ts";

let target: Server;
let port: number;
let injector: HeaderInjector;

beforeEach(async () => {
  target = createServer();
  port = await listenOnLoopback(target);
  injector = await startHeaderInjector({
    target: `http://127.0.0.1:${port}/mcp/everything`,
    headers: { "x-api-key": "secret" },
  });
});
afterEach(async () => {
  await injector.close();
  await closeServer(target);
});

const next = () => once(target, "request") as Promise<[IncomingMessage, ServerResponse]>;

describe("startHeaderInjector", () => {
  it("adds its headers and leaves the others, the path and the body alone", async () => {
    const pending = fetch(injector.url, { method: "POST", body: "hello", headers: { "X-Other": "1" } });
    const [req, res] = await next();
    expect(req.url).toBe("/mcp/everything");
    expect(req.headers).toMatchObject({ "x-api-key": "secret", "x-other": "1", host: `127.0.0.1:${port}` });
    req.pipe(res.writeHead(418, { "x-response": "2" }));
    const response = await pending;
    expect([response.status, response.headers.get("x-response"), await response.text()]).toEqual([
      418,
      "2",
      "hello",
    ]);
  });

  it("keeps a Host that is not its own", async () => {
    const { port: own } = new URL(injector.url);
    const forged = request({ host: "127.0.0.1", port: own, headers: { host: "evil.example.com" } }).end();
    const [req, res] = await next();
    expect(req.headers.host).toBe("evil.example.com");
    res.end();
    await once(forged, "response");
  });

  it("passes each piece when it comes, and the caller's hanging up", async () => {
    const pending = fetch(injector.url);
    const [, res] = await next();
    res.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    const reader = (await pending).body!.getReader();
    for (const piece of ["data: 1\n\n", "data: 2\n\n"]) {
      res.write(piece);
      expect(new TextDecoder().decode((await reader.read()).value)).toBe(piece);
    }
    const closed = once(res, "close");
    await reader.cancel();
    await closed;
    expect(res.writableFinished).toBe(false);
  });

  it("passes a connection that breaks off", async () => {
    const pending = fetch(injector.url);
    const [, res] = await next();
    res.writeHead(200).write("half");
    const response = await pending;
    res.destroy();
    await expect(response.text()).rejects.toThrow("terminated");
  });
});
