import { afterEach, describe, expect, it, vi } from "vitest";
import { createHttpUpstream } from "../http/http-upstream.ts";
import { serveHttp } from "../testing/http-servers.ts";
import { createToolCatalog, type ToolCatalogOptions } from "./tool-catalog.ts";

const closers: (() => PromiseLike<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) {
    await close();
  }
});

/** The catalog of a server whose tools the test changes. */
async function catalogOf(tools: string[], options: ToolCatalogOptions = {}) {
  const asked = vi.fn<() => void>();
  const server = await serveHttp(async (request, response) => {
    const { id, method } = JSON.parse(await new Response(request).text()) as { id: number; method: string };
    const inputSchema = { type: "object", properties: {} };
    if (method === "tools/list") {
      asked();
    }
    const result =
      method === "tools/list"
        ? { tools: tools.map((name) => ({ name, inputSchema })) }
        : { supportedVersions: ["2026-07-28"] };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
  });
  const upstream = createHttpUpstream({
    name: "files",
    url: server.url,
    connectTimeoutMs: 2_000,
    headersTimeoutMs: 0,
    idleTimeoutMs: 0,
    maxConnections: 4,
    maxWaiting: 16,
    maxStreams: 4,
    propagateTrace: false,
    observer: () => undefined,
  });
  const catalog = createToolCatalog(upstream, options);
  closers.push(
    () => server[Symbol.asyncDispose](),
    () => upstream.close(),
    () => catalog.close(),
  );
  return { catalog, asked };
}

describe("what is known of a server's tools", () => {
  it("says at once whether a name is alike to one of them, and what a tool takes", async () => {
    const { catalog, asked } = await catalogOf(["read_file"]);
    expect(await catalog.isLookAlike("Read-File")).toBe(true);
    expect(catalog.isLookAlike("Read-File")).toBe(true);
    expect(catalog.isLookAlike("read_file")).toBe(false);
    expect(catalog.isLookAlike("write_file")).toBe(false);
    expect(catalog.currentSchema("read_file")).toMatchObject({ type: "object" });
    expect(catalog.currentSchema("write_file")).toBeUndefined();
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it("is asked for where nothing is known, by all that wait for it together", async () => {
    const { catalog, asked } = await catalogOf(["read_file"]);
    const alike = [catalog.isLookAlike("READ_FILE"), catalog.isLookAlike("READ_FILE")];
    const schema = catalog.currentSchema("read_file");
    expect(schema).toBeInstanceOf(Promise);
    expect(await Promise.all(alike.map(async (one) => one))).toEqual([true, true]);
    expect(await schema).toMatchObject({ type: "object" });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it("holds no longer than it may: a tool that is new is seen, and one alike to it", async () => {
    const tools = ["read_file"];
    const { catalog, asked } = await catalogOf(tools, { ttlMs: 0 });
    expect(await catalog.isLookAlike("Write_File")).toBe(false);
    tools.push("write_file");
    expect(await catalog.isLookAlike("Write_File")).toBe(true);
    expect(await catalog.currentSchema("write_file")).toMatchObject({ type: "object" });
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it("is what the configuration names where the server cannot be asked", async () => {
    const { catalog } = await catalogOf([], { configured: ["read_file"], ttlMs: 60_000 });
    expect(await catalog.isLookAlike("READ_FILE")).toBe(true);
    expect(await catalog.isLookAlike("read_file")).toBe(false);
  });
});
