import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";

const MODULES = ["logger", "crash"].map((name) => new URL(`./${name}.ts`, import.meta.url).href);

/** Runs a script in a process of its own, with `logger` and `installCrashHandlers` at hand. */
async function run(script: string) {
  const source = `
    import { createLogger } from ${JSON.stringify(MODULES[0])};
    import { installCrashHandlers } from ${JSON.stringify(MODULES[1])};
    const logger = createLogger({ service: "app", environment: "test", version: "1", level: "info" });
    ${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null, string | null]>,
  ]);
  const lines = out.split("\n").filter((line) => line !== "");
  return { code, signal, err, records: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe("a crash", () => {
  it("by an uncaught exception is logged with stack and cause before exit code 1 [LOG-3] [QLT-2]", async () => {
    const { code, records } = await run(`
      installCrashHandlers(logger);
      logger.info({}, "before");
      setTimeout(() => { throw new TypeError("boom", { cause: new Error("why") }); }, 1);
      setTimeout(() => logger.info({}, "never reached"), 60_000);`);
    expect(code).toBe(1);
    expect(records).toMatchObject([
      { message: "before" },
      {
        level: "fatal",
        message: "uncaught exception",
        error: {
          type: "TypeError",
          message: "boom",
          stack: expect.stringContaining("at "),
          cause: { message: "why" },
        },
      },
    ]);
    expect(records).toHaveLength(2);
  });

  it("by an unhandled rejection is logged, also when it is no error, secrets redacted [LOG-3]", async () => {
    const { code, records } = await run(`
      installCrashHandlers(logger);
      Promise.reject("password=hunter2");`);
    expect(code).toBe(1);
    expect(records).toMatchObject([
      {
        level: "fatal",
        message: "unhandled rejection",
        error: { type: "string", message: "password=[redacted]" },
      },
    ]);
  });

  it("waits for the last steps, and exits though they fail [LOG-3]", async () => {
    const { code, records } = await run(`
      installCrashHandlers(logger, { onFatal: async (error) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        logger.info({ was: error.message }, "closing");
        throw new Error("cannot close");
      } });
      setImmediate(() => { throw new Error("boom"); });`);
    expect(code).toBe(1);
    expect(records).toMatchObject([
      { message: "uncaught exception" },
      { message: "closing", was: "boom" },
      { message: "the last steps before exit failed", error: { message: "cannot close" } },
    ]);
  });

  it("gives up on last steps that hang, and on a second fault during them [LOG-3]", async () => {
    const hanging = await run(`
      installCrashHandlers(logger, { graceMs: 20, onFatal: () => new Promise(() => {}) });
      setInterval(() => {}, 60_000);
      setImmediate(() => { throw new Error("boom"); });`);
    expect(hanging.code).toBe(1);
    const twice = await run(`
      installCrashHandlers(logger, { graceMs: 60_000, onFatal: () => {
        setImmediate(() => { throw new Error("second"); });
        return new Promise(() => {});
      } });
      setImmediate(() => { throw new Error("first"); });`);
    expect(twice.code).toBe(1);
    expect(twice.records).toMatchObject([{ error: { message: "first" } }, { error: { message: "second" } }]);
  });

  it("can be left to others again [LOG-3]", async () => {
    const { code, records, err } = await run(`
      installCrashHandlers(logger)();
      setImmediate(() => { throw new Error("not ours"); });`);
    expect(code).not.toBe(0);
    expect(records).toEqual([]);
    expect(err).toContain("not ours");
  });
});

describe("a kill", () => {
  /** A program that logs so many lines and is killed in the same moment. */
  const logging = (count: number) => `
    import { createLogger } from ${JSON.stringify(MODULES[0])};
    const logger = createLogger({ service: "app", environment: "test", version: "1", level: "info" });
    for (let i = 0; i < ${count}; i++) logger.info({ i }, "line");
    process.kill(process.pid, "SIGKILL");`;
  const numbersIn = (lines: string) =>
    lines.split("\n").flatMap((line) => (line === "" ? [] : [(JSON.parse(line) as { i: number }).i]));
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
  /** Fewer than fit into a pipe or a socket: whatever its reader does, none has to wait in the program. */
  const FEW = 100;

  it("loses no line that was logged into a file before it [QLT-2] [LOG-3]", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sark-kill-"));
    const path = join(folder, "lines");
    const file = openSync(path, "w");
    const child = spawn(process.execPath, ["--input-type=module", "-e", logging(5_000)], {
      stdio: ["ignore", file, "inherit"],
    });
    expect(await once(child, "close")).toEqual([null, "SIGKILL"]);
    closeSync(file);
    expect(numbersIn(readFileSync(path, "utf8"))).toEqual(upTo(5_000));
    rmSync(folder, { recursive: true });
  });

  it("loses no line that was logged into a socket before it, read or not [QLT-2] [LOG-3]", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", logging(FEW)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    // Reads nothing before the program has ended.
    const lines = new Promise<string>((resolve, reject) => {
      child.once("exit", () => void text(child.stdout).then(resolve, reject));
    });
    expect(numbersIn(await lines)).toEqual(upTo(FEW));
    expect(child.signalCode).toBe("SIGKILL");
  });

  it("loses no line that was logged into a pipe before it, read or not [QLT-2] [LOG-3]", async () => {
    const late = '{ "$0" --input-type=module -e "$1" 4>&-; echo $? >&4; } 3<&- | { read go <&3; cat; } 4>&-';
    const child = spawn("sh", ["-c", late, process.execPath, logging(FEW)], {
      stdio: ["ignore", "pipe", "ignore", "pipe", "pipe"],
    });
    const [, stdout, , go, status] = child.stdio as [null, Readable, null, Writable, Readable];
    const lines = text(stdout);
    // What a shell says of a program that SIGKILL ended.
    expect(String((await once(status, "data"))[0])).toBe("137\n");
    go.end("go\n");
    expect(numbersIn(await lines)).toEqual(upTo(FEW));
  });

  it("of the process that reads the lines leaves the program running [QLT-2]", async () => {
    const source = `logger.info({}, "first"); process.stdout.destroy();
      import("node:fs").then((fs) => { fs.closeSync(1); for (let i = 0; i < 3; i++) logger.info({}, "lost"); process.exitCode = 7; });`;
    const { code, err } = await run(source);
    expect(code).toBe(7);
    expect(err).toMatch(/could not be written/);
  });
});
