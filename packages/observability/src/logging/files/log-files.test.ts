import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createLogger } from "../logger.ts";
import { LOG_NAMES, type LogName } from "./log-names.ts";
import type { LogFilesObserver } from "./observer.ts";
import { firstPosition } from "./position-file.ts";
import { openLogFiles, type LogFiles, type LogFilesOptions } from "./open-log-files.ts";
import { standardError } from "../standard-streams/standard-error.ts";

const INDEX = new URL("../../exports/logging.ts", import.meta.url).href;
const WAIT = { timeout: 20_000, interval: 5 };
const INFO = { level: "info", securityAudit: false } as const;

let directory: string;
let opened: LogFiles[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sark-logs-"));
  opened = [];
});
afterEach(async () => {
  for (const files of opened) {
    await files.close();
  }
  rmSync(directory, { recursive: true, force: true });
});

function open(options: Partial<LogFilesOptions> = {}, observer: LogFilesObserver = {}): LogFiles {
  const files = openLogFiles({ directory, compressAfterSeconds: 0, ...options });
  files.observe(observer);
  opened.push(files);
  return files;
}

const line = (n: number) => `{"n":${n},"text":"${"x".repeat(80)}"}\n`;

function writeNumbers(files: LogFiles, from: number, to: number): void {
  for (let n = from; n < to; n++) {
    files.write(line(n), INFO);
  }
}

function names(log: LogName = "application"): string[] {
  return readdirSync(directory)
    .filter((name) => name.startsWith(`${log}.`) && name.includes(".jsonl"))
    .sort();
}

/** What stands in a log's files, in the order of their names. */
function content(log: LogName = "application"): string[] {
  return names(log).flatMap((name) => {
    const bytes = readFileSync(join(directory, name));
    const text = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
    return text.split("\n").slice(0, -1);
  });
}

const numbersIn = (texts: readonly string[]) => texts.map((text) => (JSON.parse(text) as { n: number }).n);
const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, at) => from + at);
const compressed = () =>
  vi.waitFor(
    () =>
      expect(
        names()
          .slice(0, -1)
          .every((name) => name.endsWith(".gz")),
      ).toBe(true),
    WAIT,
  );

async function readAll(files: LogFiles, log: LogName = "application", page = 7, from = 0) {
  const reader = files.log(log).openReader();
  const lines: { readonly number: number; readonly text: string }[] = [];
  for (let next = from; next < files.log(log).head;) {
    const read = await reader.read(next, page, 1_000_000);
    if (read.length === 0) {
      break;
    }
    lines.push(...read);
    next = (lines.at(-1)?.number ?? 0) + 1;
  }
  await reader.close();
  return lines;
}

describe("log files", () => {
  it("have security lines apart, as the logger marks them, and repeat errors of both in a third one [LOG-3] [LOG-4]", () => {
    const files = open();
    const logger = createLogger({
      service: "app",
      environment: "test",
      version: "1",
      level: "info",
      destination: files,
    });
    const security = logger.child({ component: "http", log: "security-audit" });
    logger.info({}, "plain");
    security.warn({ log: "forged" }, "authentication failed");
    logger.error({ error: new TypeError("boom", { cause: new Error("why") }) }, "bad");
    logger.batch(() => {
      security.info({}, "recorded");
      logger.info({ log: "security-audit" }, "plain, too");
    });
    security.error({}, "the store contradicts what was signed");
    logger.fatal({}, "the end");
    const messages = Object.fromEntries(
      LOG_NAMES.map((name) => [
        name,
        content(name).map((text) => (JSON.parse(text) as { message: string }).message),
      ]),
    );
    expect(messages).toEqual({
      application: ["plain", "bad", "plain, too", "the end"],
      exceptions: ["bad", "the store contradicts what was signed", "the end"],
      "security-audit": ["authentication failed", "recorded", "the store contradicts what was signed"],
    });
    expect(JSON.parse(content("security-audit")[0] ?? "")).toMatchObject({
      component: "http",
      log: "security-audit",
      field_log: "forged",
    });
    expect(JSON.parse(content("exceptions")[0] ?? "")).toMatchObject({
      error: { stack: expect.stringContaining("at ") as string, cause: { message: "why" } },
    });
  });

  it("have errors that no code caught, with stack and cause, before the process ends [LOG-3] [QLT-2]", async () => {
    const source = `
      import { createLogger, installCrashHandlers, openLogFiles } from ${JSON.stringify(INDEX)};
      const files = openLogFiles({ directory: ${JSON.stringify(directory)} });
      const logger = createLogger({ service: "app", environment: "test", version: "1", level: "info", destination: files });
      installCrashHandlers(logger);
      setImmediate(() => { throw new TypeError("boom", { cause: new Error("why") }); });`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: "ignore" });
    expect(await once(child, "close")).toEqual([1, null]);
    expect(content("exceptions").map((text) => JSON.parse(text) as unknown)).toMatchObject([
      {
        level: "fatal",
        message: "uncaught exception",
        error: {
          type: "TypeError",
          stack: expect.stringContaining("at ") as string,
          cause: { message: "why" },
        },
      },
    ]);
  });

  it("are closed by size, compressed, and sort by name in the order of their lines [LOG-2]", async () => {
    const files = open({ maxFileBytes: 1_000 });
    writeNumbers(files, 0, 95);
    await compressed();
    expect(names().length).toBeGreaterThan(8);
    expect(numbersIn(content())).toEqual(upTo(95));
    expect(names("exceptions")).toEqual([]);
    expect(statSync(join(directory, names()[0] ?? "")).mode & 0o007).toBe(0);
  });

  it("are closed by age, also when nothing is written any more [LOG-2]", async () => {
    // It ends where the real time is: what is closed a minute ahead of that is compressed a minute later.
    vi.useFakeTimers({ now: Date.now() - 61_000 });
    try {
      const files = open({ maxAgeSeconds: 60 });
      writeNumbers(files, 0, 3);
      vi.advanceTimersByTime(59_000);
      writeNumbers(files, 3, 5);
      expect(names()).toHaveLength(1);
      vi.advanceTimersByTime(2_000);
      writeNumbers(files, 5, 6);
      expect(names().map((name) => Number(name.split(".")[1]))).toEqual([0, 5]);
    } finally {
      vi.useRealTimers();
    }
    await compressed();
    expect(numbersIn(content())).toEqual(upTo(6));
  });

  it("together keep within their limit: the largest log loses its oldest files, and it is counted [LOG-2]", async () => {
    const dropped: [LogName, number][] = [];
    const files = open(
      { maxFileBytes: 1_000, maxTotalBytes: 4_000 },
      { dropped: (log, { unshipped }) => void dropped.push([log, unshipped]) },
    );
    files.write(line(-1), { level: "info", securityAudit: true });
    files.log("application").loadPosition();
    for (let n = 0; n < 2_000; n += 100) {
      writeNumbers(files, n, n + 100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await compressed();
    await vi.waitFor(() => expect(files.bytes).toBeLessThanOrEqual(4_000), WAIT);
    expect(content("security-audit")).toHaveLength(1);
    const kept = await readAll(files);
    const lost = dropped.reduce((sum, [, unshipped]) => sum + unshipped, 0);
    expect(dropped.length).toBeGreaterThan(0);
    expect(new Set(dropped.map(([log]) => log))).toEqual(new Set(["application"]));
    expect(kept.length + lost).toBe(2_000);
    expect(kept.at(-1)?.number).toBe(1_999);
    // What is shipped is no loss.
    await files.log("application").savePosition({ ...firstPosition(2_000), acknowledged: 2_000 });
    dropped.length = 0;
    writeNumbers(files, 2_000, 2_100);
    await vi.waitFor(() => expect(dropped.length).toBeGreaterThan(0), WAIT);
    expect(dropped[0]).toEqual(["application", 0]);
  });
});

describe("compression", () => {
  const CLOCK = { toFake: ["Date", "setTimeout", "clearTimeout"] } satisfies Parameters<
    typeof vi.useFakeTimers
  >[0];
  const plain = () => names().filter((name) => !name.endsWith(".gz"));
  /** Nothing is due: the timers are that of the age of the open file, and that of what waits. */
  const settled = () => vi.waitFor(() => expect(vi.getTimerCount()).toBe(2), WAIT);
  beforeEach(() => void vi.useFakeTimers(CLOCK));
  afterEach(() => void vi.useRealTimers());

  it("leaves a closed file as it is for a collector of plain files, which may be away meanwhile [LOG-2] [LOG-3]", async () => {
    const files = open({ maxFileBytes: 1_000, compressAfterSeconds: 600 });
    writeNumbers(files, 0, 45);
    const closed = plain().slice(0, -1);
    expect(closed.length).toBeGreaterThan(2);
    await settled();
    vi.advanceTimersByTime(500_000);
    await settled();
    expect(plain().slice(0, -1)).toEqual(closed);
    // Also when nothing is written any more.
    vi.advanceTimersByTime(110_000);
    await compressed();
    expect(numbersIn(content())).toEqual(upTo(45));
  });

  it("counts the time from when a file was closed, over restarts [LOG-2]", async () => {
    const options = { directory, maxFileBytes: 1_000, compressAfterSeconds: 600 };
    const first = openLogFiles(options);
    writeNumbers(first, 0, 45);
    await first.close();
    const closed = plain().slice(0, -1);
    for (const [at, name] of closed.entries()) {
      // The first one is from before, and the last one from a clock that was set back since.
      const seconds = Date.now() / 1_000 + (at === 0 ? -500 : at === closed.length - 1 ? 1e9 : -1);
      utimesSync(join(directory, name), seconds, seconds);
    }
    open(options);
    await settled();
    expect(plain().slice(0, -1)).toEqual(closed);
    vi.advanceTimersByTime(110_000);
    await settled();
    expect(plain().slice(0, -1)).toEqual(closed.slice(1));
    vi.advanceTimersByTime(500_000);
    await compressed();
  });

  it("comes early where files that wait would take more than half of the room, the oldest first [LOG-2]", async () => {
    const dropped: string[] = [];
    const files = open(
      { maxFileBytes: 1_000, maxTotalBytes: 8_000, compressAfterSeconds: 3_600 },
      { dropped: (_log, { file }) => void dropped.push(file) },
    );
    for (let n = 0; n < 120; n += 5) {
      writeNumbers(files, n, n + 5);
      await vi.waitFor(() => {
        const waiting = plain().slice(0, -1);
        const bytes = waiting.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
        expect(bytes).toBeLessThanOrEqual(4_000);
      }, WAIT);
    }
    expect(plain().length).toBeGreaterThan(3);
    expect(names().slice(-plain().length)).toEqual(plain());
    expect(files.bytes).toBeLessThanOrEqual(8_000);
    expect(dropped).toEqual([]);
    expect(numbersIn(content())).toEqual(upTo(120));
  });
});

describe("a restart", () => {
  it("goes on in the same file, with the next number [LOG-3]", async () => {
    await first((files) => writeNumbers(files, 0, 5));
    const files = open();
    expect(files.log("application").head).toBe(5);
    writeNumbers(files, 5, 8);
    expect(names()).toHaveLength(1);
    expect(numbersIn((await readAll(files)).map(({ text }) => text))).toEqual(upTo(8));
  });

  it("after a crash in the middle of a line keeps the fragment apart from what follows [LOG-3] [QLT-2]", async () => {
    await first((files) => writeNumbers(files, 0, 3));
    const path = join(directory, names()[0] ?? "");
    truncateSync(path, statSync(path).size - 10);
    const files = open();
    writeNumbers(files, 3, 4);
    const lines = await readAll(files);
    expect(lines.map(({ number }) => number)).toEqual([0, 1, 2, 3]);
    expect(lines[2]?.text).toBe(line(2).slice(0, -10));
    expect(lines[3]?.text).toBe(line(3).trim());
  });

  it("after a crash while compressing has each line once [LOG-2]", async () => {
    await first(
      async (files) => {
        writeNumbers(files, 0, 30);
        await compressed();
      },
      { maxFileBytes: 1_000 },
    );
    const [whole = ""] = names();
    const path = join(directory, whole.replace(/\.gz$/, ""));
    writeFileSync(path, gunzipSync(readFileSync(`${path}.gz`)));
    writeFileSync(`${path}.gz.new`, "half");
    const files = open({ maxFileBytes: 1_000 });
    expect(numbersIn((await readAll(files)).map(({ text }) => text))).toEqual(upTo(30));
    expect(readdirSync(directory).filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  it("never gives a number again that was shipped, whatever was removed meanwhile [LOG-3]", async () => {
    await first((files) => writeNumbers(files, 0, 5));
    await first((files) => files.log("application").savePosition({ ...firstPosition(5), acknowledged: 5 }));
    for (const name of names()) {
      rmSync(join(directory, name));
    }
    const files = open();
    writeNumbers(files, 5, 6);
    expect(await readAll(files)).toMatchObject([{ number: 5 }]);
  });

  it("ships again rather than not at all where the position is damaged [LOG-3]", async () => {
    const stderr = vi.spyOn(standardError, "write").mockReturnValue();
    onTestFinished(() => stderr.mockRestore());
    writeFileSync(join(directory, "exceptions.position"), "torn");
    const files = open();
    expect(files.log("exceptions").loadPosition()).toBeNull();
    expect(stderr).toHaveBeenCalledWith(expect.stringContaining("exceptions.position is damaged"));
    expect(readdirSync(directory)).toContain("exceptions.position.damaged");
  });

  it("counts on from a compressed file, or past one that is damaged", async () => {
    await first(
      async (files) => {
        writeNumbers(files, 0, 30);
        await compressed();
      },
      { maxFileBytes: 1_000 },
    );
    rmSync(join(directory, names().at(-1) ?? ""));
    const count = content().length;
    await first((files) => expect(files.log("application").head).toBe(count));
    const last = join(directory, names().at(-1) ?? "");
    writeFileSync(last, readFileSync(last).subarray(0, 30));
    const left = Number(names().at(-1)?.split(".")[1]);
    await first((files) => expect(files.log("application").head).toBe(left));
    expect(readdirSync(directory).some((name) => name.endsWith(".damaged"))).toBe(true);
  });

  async function first(
    use: (files: LogFiles) => unknown,
    options: Partial<LogFilesOptions> = {},
  ): Promise<void> {
    const files = openLogFiles({ directory, compressAfterSeconds: 0, ...options });
    await use(files);
    await files.close();
  }
});

describe("faults of the disk", () => {
  function watch() {
    const failures: number[] = [];
    const vanished: number[] = [];
    const observer: LogFilesObserver = {
      writeFailed: (_log, lines) => void failures.push(lines),
      vanished: (_log, lines) => void vanished.push(lines),
    };
    return { failures, vanished, observer };
  }

  it("a folder that is removed is made again; what was lost with it is counted [LOG-3]", async () => {
    const { vanished, failures, observer } = watch();
    const files = open({}, observer);
    writeNumbers(files, 0, 3);
    rmSync(directory, { recursive: true });
    await vi.waitFor(() => {
      files.write(line(files.log("application").head), INFO);
      expect(vanished).not.toEqual([]);
    }, WAIT);
    expect(failures).toEqual([]);
    const [lost = 0] = vanished;
    expect(numbersIn((await readAll(files)).map(({ text }) => text))).toEqual([lost]);
  });

  it("a folder that cannot be made again sends lines to stderr, counted, and never throws [LOG-3]", async () => {
    const { failures, vanished, observer } = watch();
    const files = open({}, observer);
    writeNumbers(files, 0, 3);
    rmSync(directory, { recursive: true });
    writeFileSync(directory, "in the way");
    await vi.waitFor(() => {
      files.write(line(99), INFO);
      expect(vanished).not.toEqual([]);
    }, WAIT);
    files.writeLines([
      { ...INFO, text: line(100) },
      { ...INFO, text: line(101) },
    ]);
    expect(failures.slice(-2)).toEqual([1, 2]);
    expect(files.failure?.message).toContain("EEXIST");
    rmSync(directory);
    mkdirSync(directory);
    const head = files.log("application").head;
    files.write(line(head), INFO);
    expect(files.failure).toBeNull();
    expect(numbersIn((await readAll(files)).map(({ text }) => text))).toEqual([head]);
  });
});

describe("reading", () => {
  it.each([1, 7, 1_000])(
    "finds every line in order, %i at a time, compressed or not, while more are written [LOG-3]",
    async (page) => {
      const files = open({ maxFileBytes: 2_000 });
      writeNumbers(files, 0, 100);
      const reader = files.log("application").openReader();
      const seen: number[] = [];
      for (let written = 100, next = 0; next < 300;) {
        const lines = await reader.read(next, page, 1_000_000);
        seen.push(...lines.map(({ number }) => number));
        next = (seen.at(-1) ?? -1) + 1;
        for (let more = 0; more < 3 && written < 300; more++) {
          files.write(line(written++), INFO);
        }
      }
      expect(seen).toEqual(upTo(300));
      expect(await reader.read(300, page, 1_000)).toEqual([]);
      await reader.close();
    },
  );

  it("leaves out what was removed, and goes on behind it [LOG-3]", async () => {
    const unreadable: string[] = [];
    const files = open({ maxFileBytes: 1_000 }, { unreadable: (_log, file) => void unreadable.push(file) });
    writeNumbers(files, 0, 95);
    await compressed();
    const [, removed = "", , damaged = ""] = names();
    rmSync(join(directory, removed));
    writeFileSync(join(directory, damaged), "no gzip");
    const reader = files.log("application").openReader();
    const found = await reader.read(0, 1_000, 1_000_000);
    await reader.close();
    expect(unreadable).toEqual([damaged]);
    expect(found.at(-1)?.number).toBe(94);
    expect(found.length).toBeLessThan(95);
    expect(found.length).toBeGreaterThan(70);
  });
});
