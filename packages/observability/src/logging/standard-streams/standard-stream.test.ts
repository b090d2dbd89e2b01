import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";

const LOGGER = new URL("../logger.ts", import.meta.url).href;

type Child = ChildProcessByStdio<null, Readable, Readable>;
const children: Child[] = [];
afterEach(() => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
  }
});

/** A process that logs, with a pipe that is not read until `readAll`; what it says of itself comes over IPC. */
function start(script: string): {
  child: Child;
  said(): Promise<Record<string, number>>;
  /** Lets the program end when so many lines have come, if it waits for that. */
  readAll(enough?: number): Promise<string[]>;
} {
  const source = `
    import { createLogger } from ${JSON.stringify(LOGGER)};
    let dropped = 0;
    let caughtUp = 0;
    const logger = createLogger({ service: "app", environment: "test", version: "1", level: "info",
      standardOutput: { dropped: (lines) => void (dropped += lines), caughtUp: (lines) => void (caughtUp += lines) } });
    const tell = () => process.send({ dropped, caughtUp });
    const filler = "x".repeat(1_000);
    ${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  }) as unknown as Child;
  children.push(child);
  return {
    child,
    said: async () => ((await once(child, "message")) as [Record<string, number>])[0],
    async readAll(enough) {
      let text = "";
      let lines = 0;
      child.stdout.setEncoding("utf8").on("data", (part: string) => {
        text += part;
        lines += part.split("\n").length - 1;
        if (lines === enough) {
          child.send({});
        }
      });
      await once(child, "close");
      return text.split("\n").slice(0, -1);
    },
  };
}

describe("a reader of standard output that stands still", () => {
  it("does not stop the program; lines wait for it and arrive whole and in order [LOG-3]", async () => {
    const { said, readAll } = start(`
      for (let index = 0; index < 2_000; index += 1) logger.info({ index, filler }, "line");
      tell();
      process.on("message", () => process.disconnect());`);
    expect(await said()).toEqual({ dropped: 0, caughtUp: 0 });
    // At its end the program would wait for its reader for a second alone.
    const lines = (await readAll(2_000)).map((line) => (JSON.parse(line) as { index: number }).index);
    expect(lines).toEqual(Array.from({ length: 2_000 }, (_, index) => index));
  });

  it("costs ordinary lines beyond the bound, counted; warnings find room that is kept for them [LOG-2] [LOG-3]", async () => {
    const { said, readAll, child } = start(`
      for (let index = 0; index < 30_000; index += 1) logger.info({ index, filler }, "line");
      logger.error({ index: -1 }, "matters");
      tell();
      process.on("message", () => {
        const wait = setInterval(() => {
          if (caughtUp === 0) return;
          clearInterval(wait);
          tell();
          process.disconnect();
        }, 1);
      });`);
    const { dropped = 0 } = await said();
    expect(dropped).toBeGreaterThan(0);
    child.send({});
    const [lines, end] = await Promise.all([readAll(), said()]);
    const indexes = lines.map((line) => (JSON.parse(line) as { index: number }).index);
    expect(indexes.length).toBe(30_001 - dropped);
    expect(indexes.at(-1)).toBe(-1);
    expect(indexes.slice(0, -1)).toEqual(indexes.slice(0, -1).map((_, index) => index));
    expect(end).toEqual({ dropped, caughtUp: dropped });
  });

  it("does not keep a crash from ending [LOG-3]", async () => {
    const { child } = start(`
      for (let index = 0; index < 500; index += 1) logger.info({ index, filler }, "line");
      logger.fatal({}, "the end");
      process.exit(7);`);
    expect(await once(child, "exit")).toEqual([7, null]);
  });
});

it("leaves a pipe of other processes as it was [LOG-3]", async () => {
  // The shell writes to the same pipe after the program: it would fail where the pipe stayed non-blocking and full.
  const source = `import { createLogger } from ${JSON.stringify(LOGGER)};
    createLogger({ service: "a", environment: "t", version: "1", level: "info" }).info({}, "line");`;
  const child = spawn(
    "sh",
    ["-c", '"$0" --input-type=module -e "$1"; grep flags /proc/self/fdinfo/1 >&2', process.execPath, source],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let flags = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => (flags += part));
  child.stdout.resume();
  await once(child, "close");
  const O_NONBLOCK = 0o4000;
  expect(Number.parseInt(flags.split(/\s+/)[1] ?? "", 8) & O_NONBLOCK).toBe(0);
});
