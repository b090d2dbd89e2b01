import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, expect, it } from "vitest";
import { mountSmallDisk } from "../faults/small-disk.ts";

const folder = mkdtempSync(join(tmpdir(), "sark-small-disk-"));
const disk = mountSmallDisk(folder);
afterAll(() => {
  disk?.unmount();
  rmSync(folder, { recursive: true, force: true });
});

/** Logs numbered lines until its input ends; says each number on stdout once the call has returned. */
const PROGRAM = `
  import { setTimeout as pause } from "node:timers/promises";
  import { createLogger, openLogFiles } from "@sark/observability/logging";
  const files = openLogFiles({ directory: ${JSON.stringify(folder)}, maxFileBytes: 65_536, compressAfterSeconds: 0 });
  let failed = 0;
  files.observe({ writeFailed: (_log, lines) => (failed += lines) });
  const logger = createLogger({ service: "s", environment: "e", version: "1", level: "info", destination: files });
  let ended = false;
  process.stdin.on("end", () => (ended = true)).resume();
  for (let n = 0; !ended; n++) {
    logger.info({ n, text: "x".repeat(500) }, "line");
    process.stdout.write(n + " " + failed + "\\n");
    if (n % 5 === 0) await pause(1);
  }
  await files.close();`;

interface Seen {
  readonly written: number;
  readonly failed: number;
}

// Needs the right to mount.
it.skipIf(disk === null)(
  "a full disk never reaches the caller: lines go to stderr, counted, until there is room again; none is lost or torn [LOG-3] [QLT-2]",
  async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM], {
      cwd: import.meta.dirname,
    });
    let unread = "";
    let last: Seen = { written: 0, failed: 0 };
    let stderr = "";
    // The program says much: each piece is read once.
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (unread + text).split("\n");
      unread = lines.pop() ?? "";
      const [written, failed] = (lines.at(-1) ?? "").split(" ").map(Number);
      last = written === undefined || failed === undefined ? last : { written, failed };
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const closed = once(child, "close");
    const died = closed.then(([code, signal]) => {
      throw new Error(`the program ended too early (${code ?? signal}): ${stderr.slice(-2_000)}`);
    });
    died.catch(() => undefined);
    const until = async (condition: (seen: Seen) => boolean): Promise<void> => {
      while (!condition(last)) {
        const heard = new AbortController();
        const { signal } = heard;
        await Promise.race([
          once(child.stdout, "data", { signal }),
          once(child.stderr, "data", { signal }),
          died,
        ]).finally(() => heard.abort());
      }
    };
    /** Lines go into their files again. How many failed before that is a matter of how long the mount took. */
    const untilWell = async (): Promise<void> => {
      for (let before = last, well = false; !well; well = last.failed === before.failed) {
        before = last;
        await until(({ written }) => written > before.written + 300);
      }
    };
    let parsed = { of: "", numbers: [] as readonly number[] };
    const onStderr = (): readonly number[] => {
      // stdout goes on while stderr says nothing new.
      if (parsed.of !== stderr) {
        parsed = { of: stderr, numbers: numbersIn(wholeLines(stderr).replace(/^logging: .*$/gm, "")) };
      }
      return parsed.numbers;
    };

    await until(({ written }) => written > 300);
    // While it shrinks, nothing may grow.
    child.kill("SIGSTOP");
    disk?.fill();
    child.kill("SIGCONT");
    await until(({ failed }) => failed > 20);
    disk?.empty();
    await untilWell();
    // What waits for the reader of stderr at the end has a second: nothing may wait.
    await until(({ failed }) => onStderr().length === failed);
    child.stdin.end();
    expect(await closed).toEqual([0, null]);

    const inFiles = readdirSync(folder)
      .filter((name) => name.startsWith("application."))
      .sort()
      .flatMap((name) => {
        const content = readFileSync(join(folder, name));
        const text = (name.endsWith(".gz") ? gunzipSync(content) : content).toString("utf8");
        expect(text.endsWith("\n")).toBe(true);
        return numbersIn(text);
      });
    expect(inFiles).toEqual(inFiles.toSorted((a, b) => a - b));
    const { written, failed: lost } = last;
    expect([...inFiles, ...onStderr()].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: written + 1 }, (_, n) => n),
    );
    expect(onStderr()).toHaveLength(lost);
    expect(stderr).toContain("could not be written to their file: ENOSPC");
  },
);

/** Without the beginning of a line whose rest has not come. */
function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf("\n") + 1);
}

function numbersIn(text: string): number[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { n: number }).n);
}
