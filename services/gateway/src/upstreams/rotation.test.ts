import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createCertificates, type TestCertificates } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { upstreamConfigSchema } from "./contract/config.ts";
import type { UpstreamEvent } from "./contract/observer.ts";
import { createUpstreams } from "./registry.ts";
import { failure } from "./testing/failure.ts";
import { initialize, post } from "./testing/requests.ts";
import { scripted } from "./testing/stdio-upstreams.ts";

const PING = { jsonrpc: "2.0", id: 1, method: "ping" } as const;
const folder = mkdtempSync(join(tmpdir(), "sark-rotation-"));
let first: TestCertificates;
let second: TestCertificates;
beforeAll(async () => {
  [first, second] = await Promise.all([createCertificates("First"), createCertificates("Second")]);
});
afterAll(() => rmSync(folder, { recursive: true }));

function setUp(entry: Record<string, unknown>) {
  const problems: (string | null)[] = [];
  const observer = (_upstream: string, event: UpstreamEvent) => {
    if (event.type === "files_changed") {
      problems.push(event.problem);
    }
  };
  const config = upstreamConfigSchema.parse({
    name: "u",
    transport: "url" in entry ? "http" : "stdio",
    ...entry,
  });
  const upstreams = createUpstreams([config], { environment: process.env, observer });
  const upstream = upstreams.get("u")?.upstream;
  if (upstream === undefined) {
    throw new Error("not registered");
  }
  return { upstream, problems, [Symbol.asyncDispose]: () => upstreams.close() };
}

/** Calls one after the other, eight at a time, until told to end: each has to get its response. */
function keepCalling(call: () => Promise<unknown>) {
  const over = new AbortController();
  const count = { calls: 0 };
  const run = async () => {
    while (!over.signal.aborted) {
      await call();
      count.calls += 1;
    }
  };
  const all = Promise.all(Array.from({ length: 8 }, run));
  return {
    /** Resolves when so many more have had their responses. */
    async more(calls: number) {
      const until = count.calls + calls;
      while (count.calls < until) {
        await Promise.race([all, nextTurn()]);
      }
    },
    async end() {
      over.abort();
      await all;
    },
  };
}

describe("files that an upstream's settings name", () => {
  it("are read again for its headers, with no call lost, and the former ones kept where they cannot be", async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request: IncomingMessage, response: ServerResponse) => {
      seen.push(request.headers.authorization);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const file = join(folder, "token");
    writeFileSync(file, "one\n");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    {
      await using given = setUp({ url, headers: { authorization: `Bearer \${file:${file}}` } });
      const load = keepCalling(async () => json((await given.upstream.exchange(post(PING))).body));
      await load.more(20);
      writeFileSync(join(folder, "next"), "two\n");
      renameSync(join(folder, "next"), file);
      await load.more(20);
      expect(seen.slice(-8)).toEqual(Array.from({ length: 8 }, () => "Bearer two"));

      writeFileSync(file, "");
      await load.more(20);
      writeFileSync(file, "a\nb");
      await load.more(20);
      rmSync(file);
      await load.more(20);
      writeFileSync(file, "three");
      await load.more(20);
      await load.end();
      expect(new Set(seen)).toEqual(new Set(["Bearer one", "Bearer two", "Bearer three"]));
      expect(seen.at(-1)).toBe("Bearer three");
      // A file may be seen between being emptied and being written.
      expect(given.problems[0]).toBeNull();
      expect(given.problems.at(-1)).toBeNull();
      expect(given.problems).toContainEqual(expect.stringContaining(`the file ${file} is empty`));
      expect(given.problems).toContainEqual(expect.stringContaining("characters that a header cannot have"));
      expect(given.problems).toContainEqual(expect.stringContaining(`the file ${file} cannot be read`));
    }
    server.close();
  });

  it("are read again for its authority: new connections are verified by it, calls under way go on", async () => {
    const held: ServerResponse[] = [];
    const server = createTlsServer(first.servers.valid, (request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      if (request.headers["x-hold"] === undefined) {
        response.end("{}");
      } else {
        response.flushHeaders();
        held.push(response);
      }
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const caFile = join(folder, "ca.pem");
    writeFileSync(caFile, first.authority);
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    {
      await using given = setUp({ url, caFile });
      const call = async () => json((await given.upstream.exchange(post(PING))).body);
      const load = keepCalling(call);
      await load.more(20);
      const slow = await given.upstream.exchange(post(PING, { "x-hold": "1" }));

      // Half of a bundle is none.
      writeFileSync(caFile, first.authority.slice(0, -40));
      await load.more(20);
      expect(given.problems).toEqual([expect.stringContaining("not the whole of one")]);

      // The server's next certificate is of the other authority. Files put together may lack a line's end.
      writeFileSync(caFile, first.authority.trimEnd() + second.authority);
      await load.more(20);
      await load.end();
      server.setSecureContext(second.servers.valid);
      writeFileSync(caFile, second.authority);
      expect(await call()).toEqual({});
      held.shift()?.end("{}");
      expect(await json(slow.body)).toEqual({});

      server.setSecureContext(first.servers.valid);
      writeFileSync(caFile, first.authority);
      expect(await call()).toEqual({});
      // Of an authority that is not trusted any more no connection is used again.
      writeFileSync(caFile, second.authority);
      expect(await failure(given.upstream.exchange(post(PING)))).toMatchObject({
        code: "upstream_unreachable",
      });
      expect(given.problems.filter((problem) => problem !== null)).toHaveLength(1);
    }
    server.closeAllConnections();
    server.close();
  });

  it("are read again for the environment of the programs that are started from then on", async () => {
    const file = join(folder, "environment");
    writeFileSync(file, "one");
    const source = `if (message.id !== undefined) respond(message, { env: process.env });`;
    await using given = setUp({
      ...scripted(source),
      env: { TOKEN: `\${file:${file}}` },
    });
    const tokenOf = async (headers: Record<string, string>) => {
      const response = (await json((await given.upstream.exchange(post(PING, headers))).body)) as {
        result: { env: Record<string, string> };
      };
      return response.result.env["TOKEN"];
    };
    const former = await initialize(given.upstream);
    writeFileSync(file, "two");
    const later = await initialize(given.upstream);
    expect([await tokenOf(former), await tokenOf(later)]).toEqual(["one", "two"]);
    expect(given.problems).toEqual([null]);
  });
});
