import { json } from "node:stream/consumers";
import { longestBlock, unitOfWork } from "@sark/testkit";
import { describe, expect, it, vi } from "vitest";
import { failure } from "../testing/failure.ts";
import { as, initialize, post, statelessPost } from "../testing/requests.ts";
import { scripted, startStdioUpstream, type TestUpstream } from "../testing/stdio-upstreams.ts";

const LIMIT = 64 * 1024;

/** Responds to `large` in a line beyond the limit, to `endless` in one without an end; to other calls at once, but for `hold`. */
const SERVER = scripted(`
  if (message.method === "ping") return respond(message, {});
  if (message.method !== "tools/call") return;
  const { name } = message.params;
  if (name === "large") return respond(message, { text: 'x"\\\\}'.repeat(${LIMIT}) });
  if (name === "many") return process.stdout.write('{"jsonrpc":"2.0","id":' + message.id + ',"result":{"a":[' + "[],".repeat(1_300_000) + '0]}}\\n');
  if (name === "asks") return send({ jsonrpc: "2.0", id: message.id, method: "sampling/createMessage", params: { text: "x".repeat(${LIMIT}) } });
  if (name === "endless") { const go = () => process.stdout.write("x".repeat(65536), go); return go(); }
  if (name === "junk") { const go = () => process.stdout.write("DEBUG of a library that prints\\n".repeat(500), go); return go(); }
  if (name !== "hold") respond(message, {});`);

const types = ({ events }: TestUpstream, type: string) =>
  events.filter((event) => event.type === type).length;

describe("a message that is too large", () => {
  it("fails its own request, and the session goes on", async () => {
    await using local = startStdioUpstream(SERVER, { messageBytes: LIMIT });
    const session = await initialize(local.upstream);
    const call = (id: number, name: string) =>
      local.upstream.exchange(post({ jsonrpc: "2.0", id, method: "tools/call", params: { name } }, session));
    const held = call(1, "hold").catch(() => null);
    const large = await failure(call(2, "large"));
    expect(large).toMatchObject({ code: "upstream_too_large" });
    expect(large.message).toContain("raise limits.messageSize");
    const pinged = await local.upstream.exchange(post({ jsonrpc: "2.0", id: 3, method: "ping" }, session));
    expect(await json(pinged.body)).toMatchObject({ id: 3, result: {} });
    expect([types(local, "oversized"), types(local, "process_ended")]).toEqual([1, 0]);
    await local.upstream.close();
    await held;
  });

  it("fails its own request when it has more values than are read in a moment, before they are", async () => {
    await using local = startStdioUpstream(SERVER);
    const session = await initialize(local.upstream);
    const call = { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "many" } } as const;
    const unit = unitOfWork();
    const { longest } = await longestBlock(async () => {
      const error = await failure(local.upstream.exchange(post(call, session)));
      expect(error).toMatchObject({
        code: "upstream_too_large",
        message: expect.stringContaining("JSON values"),
      });
    });
    expect(longest).toBeLessThan(6 * unit);
    const pinged = await local.upstream.exchange(post({ jsonrpc: "2.0", id: 3, method: "ping" }, session));
    expect(await json(pinged.body)).toMatchObject({ id: 3, result: {} });
  });

  it("fails the request of its caller alone in the process that all share", async () => {
    await using local = startStdioUpstream(SERVER, { messageBytes: LIMIT });
    const call = (who: string, name: string, signal?: AbortSignal) =>
      local.upstream.exchange(as(who, "acme", statelessPost(1, "tools/call", { name }, {}, signal)));
    await call("ann", "warm");
    const abort = new AbortController();
    const held = failure(call("ann", "hold", abort.signal));
    expect((await failure(call("bob", "large"))).code).toBe("upstream_too_large");
    expect((await call("ann", "other")).status).toBe(200);
    expect([types(local, "process_ended"), local.upstream.stats()["shared"]?.inUse]).toEqual([0, 1]);
    abort.abort();
    expect((await held).code).toBe("cancelled");
  });

  it("fails no request when it is one of the server, though the ids be the same", async () => {
    await using local = startStdioUpstream(SERVER, { messageBytes: LIMIT });
    const session = await initialize(local.upstream);
    // Ended below, before or after its head has come.
    const asked = local.upstream
      .exchange(post({ jsonrpc: "2.0", id: 5, method: "tools/call", params: { name: "asks" } }, session))
      .catch(() => null);
    await vi.waitFor(() => expect(types(local, "oversized")).toBe(1));
    expect(types(local, "failed")).toBe(0);
    await local.upstream.close();
    await asked;
  });

  it("ends the process when it has no end, and says so to the call and to who comes back to the session", async () => {
    await using local = startStdioUpstream(SERVER, { messageBytes: LIMIT });
    const session = await initialize(local.upstream);
    const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "endless" } } as const;
    expect((await failure(local.upstream.exchange(post(call, session)))).code).toBe("upstream_too_large");
    await vi.waitFor(() => expect(local.pids()).toEqual([]));
    const back = await local.upstream.exchange(post({ jsonrpc: "2.0", id: 2, method: "ping" }, session));
    expect(back.status).toBe(404);
    expect(await json(back.body)).toMatchObject({
      error: {
        code: -32001,
        message: expect.stringMatching(/^Session not found: .*65536 bytes.*initialize again$/),
      },
    });
  });
});

describe("a flood of what is no message on stdout", () => {
  it("ends the process after a bounded number of lines, with what to do", async () => {
    await using local = startStdioUpstream(SERVER);
    const flooding = await failure(local.upstream.exchange(statelessPost(1, "tools/call", { name: "junk" })));
    expect(flooding.code).toBe("upstream_garbage");
    expect(flooding.message).toContain("print to stderr");
    await vi.waitFor(() => expect(local.pids()).toEqual([]));
    expect(types(local, "junk")).toBeLessThanOrEqual(1_001);
  });
});
