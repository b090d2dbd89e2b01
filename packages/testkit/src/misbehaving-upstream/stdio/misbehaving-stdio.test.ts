import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { StdioMisbehaviour } from "./behaviours.ts";
import { misbehavingStdioCommand } from "./command.ts";

const children: ChildProcessWithoutNullStreams[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) {
      continue;
    }
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
});

const CALL = { jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "misbehave" } };

function start(behaviour: StdioMisbehaviour, record?: string) {
  const { command, args } = misbehavingStdioCommand(behaviour, record);
  const child = spawn(command, args);
  children.push(child);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => void lines.push(line));
  const send = (...messages: object[]) => {
    // It may have ended already.
    child.stdin.once("error", () => {});
    for (const message of messages) {
      child.stdin.write(`${JSON.stringify(message)}\n`);
    }
  };
  const responses = () => lines.filter((line) => line.includes('"id":7'));
  return { child, lines, send, responses };
}

describe("misbehavingStdioCommand", () => {
  it("exits-at-once", async () => {
    expect(await once(start("exits-at-once").child, "exit")).toEqual([2, null]);
  });

  it("exits-mid-call, after it has behaved", async () => {
    const { child, lines, send } = start("exits-mid-call");
    const exit = once(child, "exit");
    send({ jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-11-25" } }, CALL);
    expect(await exit).toEqual([3, null]);
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ id: 1 }]);
  });

  it("exits-mid-line", async () => {
    const { child, send } = start("exits-mid-line");
    const said = once(child.stdout, "data");
    send(CALL);
    const [text] = (await said) as [Buffer];
    expect(() => JSON.parse(text.toString()) as unknown).toThrow("JSON");
    expect(await once(child, "exit")).toEqual([3, null]);
  });

  it("junk-on-stdout", async () => {
    const { lines, send } = start("junk-on-stdout");
    send(CALL);
    await vi.waitUntil(() => lines.length === 4);
    expect(lines.slice(0, 3)).toEqual(["Starting up, please wait …", "DEBUG: calling the tool", "{"]);
  });

  it("wrong-id and two-responses", async () => {
    const wrong = start("wrong-id");
    const two = start("two-responses");
    wrong.send(CALL);
    two.send(CALL);
    await vi.waitUntil(() => wrong.lines.length === 2 && two.lines.length === 2);
    expect(wrong.responses()).toHaveLength(1);
    expect(two.responses()).toHaveLength(2);
  });

  it("invalid-utf8", async () => {
    const { child, send } = start("invalid-utf8");
    const said = once(child.stdout, "data");
    send(CALL);
    const [bytes] = (await said) as [Buffer];
    expect(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes)).toThrow("not valid");
  });

  it("floods-stderr: responds only to a caller that reads it", async () => {
    const { child, send, responses } = start("floods-stderr");
    child.stderr.pause();
    send(CALL);
    await once(child.stderr, "readable");
    expect(responses()).toEqual([]);
    child.stderr.resume();
    await vi.waitUntil(() => responses().length === 1);
  });

  it("ignores-sigterm, and the end of its stdin", async () => {
    const { child, send, responses } = start("ignores-sigterm");
    send(CALL);
    await vi.waitUntil(() => responses().length === 1);
    child.kill("SIGTERM");
    send(CALL);
    await vi.waitUntil(() => responses().length === 2);
    expect(child.signalCode).toBeNull();
  });

  it("enormous-line", async () => {
    const { responses, send } = start("enormous-line");
    send(CALL);
    await vi.waitUntil(() => responses().length === 1, { timeout: 20_000 });
    expect(responses()[0]?.length).toBeGreaterThan(64 * 2 ** 20);
  });

  it("closes-stdout, and lives on", async () => {
    const { child, send } = start("closes-stdout");
    const ended = once(child.stdout, "close");
    send(CALL);
    await ended;
    expect(child.exitCode).toBeNull();
  });

  it("never-responds, and records what it read", async () => {
    const folder = await mkdtemp(join(tmpdir(), "misbehaving-"));
    const record = join(folder, "lines.jsonl");
    const { lines, send } = start("never-responds", record);
    send(CALL, { jsonrpc: "2.0", id: 8, method: "ping" });
    await vi.waitUntil(() => lines.length === 1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ id: 8 });
    expect((await readFile(record, "utf8")).trim().split("\n")).toHaveLength(2);
    await rm(folder, { recursive: true });
  });
});
