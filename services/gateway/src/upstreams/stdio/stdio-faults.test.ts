import { spawn } from "node:child_process";
import { getEventListeners, once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { misbehavingStdioCommand } from "@sark/testkit";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { UpstreamError } from "../../domain/upstream.ts";
import { failure } from "../testing/failure.ts";
import { get, initialize, post, readEvents, remove, statelessPost } from "../testing/requests.ts";
import { scripted, startStdioUpstream, type TestUpstream } from "../testing/stdio-upstreams.ts";

const CALL = { jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "misbehave" } } as const;

/** The same call in both eras; the response's text, or the fault. */
const ERAS = [
  {
    era: "a session",
    call: async ({ upstream }: TestUpstream, signal?: AbortSignal) => {
      const session = await initialize(upstream);
      return JSON.stringify(await json((await upstream.exchange(post(CALL, session, signal))).body));
    },
    begun: ({ upstream }: TestUpstream) => upstream.stats()["sessions"]?.inUse === 1,
  },
  {
    era: "the shared process",
    call: async ({ upstream }: TestUpstream, signal?: AbortSignal) => {
      const request = statelessPost(7, "tools/call", { name: "misbehave" }, {}, signal);
      return JSON.stringify(await json((await upstream.exchange(request)).body));
    },
    begun: ({ upstream }: TestUpstream) => upstream.stats()["shared"]?.inUse === 1,
  },
];

/** Neither ended nor a zombie that only waits for its parent. */
function alive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

describe.each(ERAS)("a misbehaving stdio server in $era", ({ call, begun }) => {
  it.each(["junk-on-stdout", "wrong-id", "two-responses", "floods-stderr", "invalid-utf8"] as const)(
    "survives %s",
    async (behaviour) => {
      await using local = startStdioUpstream(misbehavingStdioCommand(behaviour));
      expect(await call(local)).toMatch(/"id":7,"result"/);
      const odd = {
        "junk-on-stdout": "junk",
        "wrong-id": "unrouted",
        "two-responses": "unrouted",
        "floods-stderr": "stderr",
        "invalid-utf8": "process_started",
      };
      await vi.waitFor(() => expect(local.events.map(({ type }) => type)).toContain(odd[behaviour]));
    },
  );

  it.each([
    ["exits-mid-call", "upstream_died"],
    ["exits-mid-line", "upstream_died"],
    ["closes-stdout", "upstream_died"],
    ["exits-at-once", "upstream_unreachable"],
    ["enormous-line", "upstream_too_large"],
  ] as const)("reports %s as %s", async (behaviour, code) => {
    await using local = startStdioUpstream(misbehavingStdioCommand(behaviour), { stopMs: 100 });
    expect((await failure(call(local))).code).toBe(code);
    expect(local.events).toContainEqual(expect.objectContaining({ type: "failed", code }));
  });

  it("reports one that never responds when its caller has waited long enough, and tells it", async () => {
    await using local = startStdioUpstream(misbehavingStdioCommand("never-responds"));
    const silent = new AbortController();
    const failed = failure(call(local, silent.signal));
    await vi.waitUntil(() => begun(local));
    silent.abort(new UpstreamError("upstream_timeout", "silent for too long"));
    expect((await failed).code).toBe("upstream_timeout");
    expect(local.events).toContainEqual(
      expect.objectContaining({ type: "failed", code: "upstream_timeout" }),
    );
  });

  it("ends a process that ignores the end of its input and SIGTERM", async () => {
    const local = startStdioUpstream(misbehavingStdioCommand("ignores-sigterm"), { stopMs: 100 });
    await call(local);
    const [pid] = local.pids();
    expect(alive(pid!)).toBe(true);
    await local.upstream.close();
    expect(alive(pid!)).toBe(false);
    expect(local.pids()).toEqual([]);
  });

  it("ends grandchildren too", async () => {
    const spawning = scripted(`
      const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000); process.on('SIGTERM', () => {})"], { stdio: "ignore" });
      if (message.id !== undefined) respond(message, { pid: child.pid });`);
    const local = startStdioUpstream(spawning);
    const pid = Number(/"pid":(\d+)/.exec(await call(local))?.[1]);
    expect(alive(pid)).toBe(true);
    await local.upstream.close();
    await vi.waitFor(() => expect(alive(pid)).toBe(false));
  });
});

describe("starting a stdio server", () => {
  it("says why it could not be started, with its last words in the cause only", async () => {
    await using absent = startStdioUpstream({ command: "/no/such/program", args: [] });
    const missing = await failure(initialize(absent.upstream));
    expect(missing).toMatchObject({ code: "upstream_unreachable", cause: { code: "ENOENT" } });
    expect((await failure(absent.upstream.exchange(statelessPost(1, "tools/list")))).code).toBe(
      "upstream_unreachable",
    );
    const script = "console.error('first'); console.error('password=hunter2 is wrong'); process.exit(4)";
    await using failing = startStdioUpstream({ command: process.execPath, args: ["-e", script] });
    const failed = await failure(initialize(failing.upstream));
    expect(failed.code).toBe("upstream_unreachable");
    expect(failed.message).toContain("exited with code 4");
    expect(failed.message).not.toContain("hunter2");
    expect(failed.cause).toMatchObject({ message: "its stderr says: password=hunter2 is wrong" });
  });

  it("survives what no program can be started with", async () => {
    await using odd = startStdioUpstream({ command: process.execPath, args: ["a\0b"] });
    expect((await failure(initialize(odd.upstream))).code).toBe("upstream_unreachable");
    const shared = await failure(odd.upstream.exchange(statelessPost(1, "tools/list")));
    expect(shared.code).toBe("upstream_unreachable");
    await vi.waitFor(() => expect(odd.upstream.stats()["sessions"]?.size).toBe(0));
  });

  it("gives it no secrets of the gateway", async () => {
    process.env["SARK_TEST_SECRET"] = "hunter2";
    try {
      const source = `if (message.id !== undefined) respond(message, { env: process.env });`;
      await using local = startStdioUpstream({ ...scripted(source), env: { ALLOWED: "yes" } });
      const session = await initialize(local.upstream);
      const listed = await local.upstream.exchange(
        post({ jsonrpc: "2.0", id: 1, method: "tools/list" }, session),
      );
      const response = JSON.stringify(await json(listed.body));
      expect(response).toContain('"ALLOWED":"yes"');
      expect(response).toContain('"PATH"');
      expect(response).not.toContain("hunter2");
    } finally {
      delete process.env["SARK_TEST_SECRET"];
    }
  });

  it("starts a crashed shared process again, and waits longer each time that it crashes", async () => {
    await using local = startStdioUpstream(misbehavingStdioCommand("exits-mid-call"));
    const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now());
    onTestFinished(() => clock.mockRestore());
    const call = () => local.upstream.exchange(statelessPost(7, "tools/call", { name: "misbehave" }));
    expect((await failure(call())).code).toBe("upstream_died");
    expect((await failure(call())).code).toBe("upstream_died");
    const refused = await failure(call());
    expect(refused.code).toBe("upstream_unreachable");
    expect(refused.message).toContain("keeps crashing");
    expect(local.events.filter(({ type }) => type === "process_started")).toHaveLength(2);
    clock.mockRestore();
    await vi.waitFor(async () => {
      const list = await local.upstream.exchange(statelessPost(1, "tools/list"));
      expect(await json(list.body)).toMatchObject({ id: 1, result: {} });
    });
  });

  it("does not start a program that keeps crashing for each new session", async () => {
    await using local = startStdioUpstream({ command: process.execPath, args: ["-e", "process.exit(1)"] });
    // Those that were started side by side count once.
    await Promise.all([1, 2, 3, 4].map(() => failure(initialize(local.upstream))));
    const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now());
    onTestFinished(() => clock.mockRestore());
    expect((await failure(initialize(local.upstream))).message).toContain("exited with code 1");
    const refused = await failure(initialize(local.upstream));
    expect(refused).toMatchObject({ code: "upstream_unreachable", cause: { code: "upstream_unreachable" } });
    expect(refused.message).toContain("keeps crashing");
    expect(local.events.filter(({ type }) => type === "process_started")).toHaveLength(5);
    expect((await failure(local.upstream.check(new AbortController().signal))).code).toBe(
      "upstream_unreachable",
    );
  });

  it("reports a server that does not read its input as overloaded", async () => {
    const deaf = `
      process.stdin.once("data", (chunk) => {
        process.stdin.pause();
        const { id } = JSON.parse(chunk.toString().split("\\n")[0]);
        console.log(JSON.stringify({ jsonrpc: "2.0", id, result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} } }));
      }); setInterval(() => {}, 1000);`;
    await using local = startStdioUpstream(
      { command: process.execPath, args: ["-e", deaf] },
      { messageBytes: 64 * 1024, stopMs: 100, streamAfterMs: 1 },
    );
    const session = await initialize(local.upstream);
    const params = { name: "x", arguments: { text: "x".repeat(200_000) } };
    const send = async (id: number) => {
      await local.upstream.exchange(post({ jsonrpc: "2.0", id, method: "tools/call", params }, session));
      return id;
    };
    // How much fits into the pipe before is the operating system's business.
    const sendMany = async () => {
      for (let id = 1; id < 20; id += 1) {
        await send(id);
      }
    };
    expect((await failure(sendMany())).code).toBe("upstream_overloaded");
  });
});

describe("what a stdio upstream leaves behind", () => {
  it("ends sessions that are not used, and those only", async () => {
    await using local = startStdioUpstream(scripted(`if (message.id !== undefined) respond(message, {});`), {
      // Both are to be used once before it has passed.
      sessionIdleMs: 2_000,
    });
    const idle = await initialize(local.upstream);
    const listening = await initialize(local.upstream);
    const stream = await local.upstream.exchange(get(listening));
    expect(local.pids()).toHaveLength(2);
    await vi.waitFor(
      () =>
        expect(local.events).toContainEqual(
          expect.objectContaining({ type: "session_closed", reason: "idle", open: 1 }),
        ),
      { timeout: 10_000 },
    );
    const ping = { jsonrpc: "2.0", id: 1, method: "ping" } as const;
    expect((await local.upstream.exchange(post(ping, idle))).status).toBe(404);
    expect((await local.upstream.exchange(post(ping, listening))).status).toBe(200);
    stream.body.destroy();
    await vi.waitFor(() => expect(local.pids()).toEqual([]), { timeout: 10_000 });
  });

  it("makes a session unknown when its process dies", async () => {
    await using local = startStdioUpstream(misbehavingStdioCommand("exits-mid-call"));
    const session = await initialize(local.upstream);
    const standalone = readEvents((await local.upstream.exchange(get(session))).body);
    expect((await failure(local.upstream.exchange(post(CALL, session)))).code).toBe("upstream_died");
    await standalone.untilEnd();
    expect((await local.upstream.exchange(post(CALL, session))).status).toBe(404);
    expect(local.events).toContainEqual(
      expect.objectContaining({ type: "session_closed", reason: "died", open: 0 }),
    );
  });

  it("leaves no process, listener or timer after many sessions and calls", async () => {
    const local = startStdioUpstream(scripted(`if (message.id !== undefined) respond(message, {});`));
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    const { signal } = new AbortController();
    const round = async () => {
      const session = await initialize(local.upstream);
      const request = post(CALL, session, signal);
      await readEvents((await local.upstream.exchange(request)).body).untilEnd();
      (await local.upstream.exchange(get(session, signal))).body.resume();
      const shared = await local.upstream.exchange(statelessPost(1, "tools/call", { name: "x" }, {}, signal));
      await json(shared.body);
      await local.upstream.exchange(remove(session));
    };
    for (let n = 0; n < 4; n += 1) {
      await Promise.all([round(), round(), round()]);
      await vi.waitFor(() => expect(local.upstream.stats()["sessions"]?.size).toBe(0));
    }
    expect(local.pids()).toHaveLength(1);
    await local.upstream.close();
    expect(local.pids()).toEqual([]);
    expect(local.events.filter(({ type }) => type === "process_started")).toHaveLength(13);
    expect(local.events.filter(({ type }) => type === "process_ended")).toHaveLength(13);
    await vi.waitFor(() => expect(timers()).toBeLessThanOrEqual(before));
    await vi.waitFor(() => expect(getEventListeners(signal, "abort")).toEqual([]));
  });

  it("leaves nothing running when the gateway itself is killed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "upstreams-"));
    const pidFile = join(folder, "pids");
    const server = scripted(`if (message.id !== undefined) respond(message, {});`);
    server.args[1] += `; require("node:fs").appendFileSync(${JSON.stringify(pidFile)}, process.pid + "\\n");`;
    const gateway = join(folder, "gateway.mjs");
    const here = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
    await writeFile(
      gateway,
      `import { startStdioUpstream } from ${here("../testing/stdio-upstreams.ts")};
       import { initialize, statelessPost } from ${here("../testing/requests.ts")};
       const { upstream } = startStdioUpstream(${JSON.stringify(server)});
       await initialize(upstream);
       await upstream.exchange(statelessPost(1, "tools/list"));
       process.kill(process.pid, "SIGKILL");`,
    );
    const child = spawn(process.execPath, [gateway], { stdio: "inherit" });
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
    const pids = (await readFile(pidFile, "utf8")).trim().split("\n").map(Number);
    expect(pids).toHaveLength(2);
    await vi.waitFor(() => expect(pids.filter(alive)).toEqual([]), { timeout: 10_000 });
    await rm(folder, { recursive: true });
  });

  it("refuses work after it was closed", async () => {
    const local = startStdioUpstream(scripted(""));
    await local.upstream.close();
    expect((await failure(initialize(local.upstream))).code).toBe("upstream_unreachable");
    expect((await failure(local.upstream.exchange(statelessPost(1, "tools/list")))).code).toBe(
      "upstream_unreachable",
    );
    await local.upstream.close();
  });
});

describe("the health of a stdio upstream", () => {
  it.each([true, false])(
    "resolves when the server can be started (stateless: %s) [HLT-1]",
    async (stateless) => {
      const responding = `if (message.id !== undefined) send({ jsonrpc: "2.0", id: message.id, error: { code: -32601, message: "?" } });`;
      await using local = startStdioUpstream(scripted(responding, stateless));
      await local.upstream.check(new AbortController().signal);
      await local.upstream.check(new AbortController().signal);
      expect(local.events.filter(({ type }) => type === "process_started")).toHaveLength(1);
    },
  );

  it("rejects when it cannot, or does not respond in time [HLT-2]", async () => {
    await using absent = startStdioUpstream({ command: "/no/such/program", args: [] });
    expect((await failure(absent.upstream.check(new AbortController().signal))).code).toBe(
      "upstream_unreachable",
    );
    await using silent = startStdioUpstream(scripted("", false));
    await expect(silent.upstream.check(AbortSignal.timeout(50))).rejects.toThrow(/timeout/);
  });
});
