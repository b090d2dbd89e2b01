import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ALL_ENDINGS, type Ending, type EndingSettings } from "../testing/ending-program.ts";
import { LogFolderInUseError, openLogFiles } from "./open-log-files.ts";

const PROGRAM = fileURLToPath(new URL("../testing/ending-program.ts", import.meta.url));
/** `npm run test:capture` has a million, and all endings; here those that no other test has. */
const LINES = Number(process.env["SARK_CAPTURE_LINES"] ?? 3_000);
const CHOSEN = ALL_ENDINGS.filter(
  (ending) => LINES > 3_000 || ["SIGKILL", "SIGTERM", "a worker out of memory"].includes(ending),
);

/** Exit code and signal of each ending, and what is told of it. */
const EXPECTED: Record<Ending, { readonly exit: readonly unknown[]; readonly told?: string }> = {
  "its end": { exit: [0, null] },
  "an exit": { exit: [7, null] },
  "an exception": { exit: [1, null], told: "boom" },
  "a rejection": { exit: [1, null], told: "boom" },
  SIGKILL: { exit: [null, "SIGKILL"] },
  SIGTERM: { exit: [null, "SIGTERM"] },
  "an abort": { exit: [null, "SIGABRT"] },
  "a full stack": { exit: [1, null], told: "Maximum call stack size exceeded" },
  "a worker out of memory": { exit: [1, null], told: "ERR_WORKER_OUT_OF_MEMORY" },
};

let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), "sark-capture-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Line {
  readonly n?: number;
  readonly level: string;
  readonly message: string;
  readonly error?: { readonly message: string; readonly code?: string };
}

function run(settings: Omit<EndingSettings, "directory">): Promise<unknown[]> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify({ directory, ...settings })], {
    stdio: "ignore",
  });
  return once(child, "exit");
}

/** What a program sees that reads the files by their names, as collectors do. */
function readByName(log: string): Line[] {
  return readdirSync(directory)
    .filter((name) => name.startsWith(`${log}.`) && name.includes(".jsonl"))
    .toSorted()
    .flatMap((name) => {
      const bytes = readFileSync(join(directory, name));
      const text = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
      expect(text.endsWith("\n")).toBe(true);
      return text.split("\n").slice(0, -1);
    })
    .map((line) => JSON.parse(line) as Line);
}

/** What a shipper sees: numbers without gaps. */
async function* readByNumber(log: "application"): AsyncGenerator<Line> {
  const files = openLogFiles({ directory, maxTotalBytes: 2 ** 40 });
  const reader = files.log(log).openReader();
  for (let next = 0; next < files.log(log).head;) {
    for (const { number, text } of await reader.read(next, 1_000, 2 ** 20)) {
      expect(number).toBe(next);
      next += 1;
      yield JSON.parse(text) as Line;
    }
  }
  await reader.close();
  await files.close();
}

it(
  "not one line is missing or there twice, however often and in whatever way the process ended, and files rotated [LOG-2] [LOG-3] [QLT-2]",
  { timeout: Math.max(120_000, LINES) },
  async () => {
    const each = Math.ceil(LINES / CHOSEN.length);
    for (const [at, ending] of CHOSEN.entries()) {
      expect([ending, await run({ from: at * each, lines: each, ending })]).toEqual([
        ending,
        EXPECTED[ending].exit,
      ]);
    }
    const wanted = each * CHOSEN.length;
    let counted = 0;
    for await (const { n } of readByNumber("application")) {
      if (n !== undefined) {
        expect(n).toBe(counted);
        counted += 1;
      }
    }
    expect(counted).toBe(wanted);
    const byName = readByName("application").flatMap(({ n }) => (n === undefined ? [] : [n]));
    expect(byName.length).toBe(wanted);
    expect(byName.every((n, at) => n === at)).toBe(true);
    // How many of them are compressed by now is a matter of time.
    const files = readdirSync(directory).filter((name) => name.startsWith("application"));
    expect(files.length).toBeGreaterThan(10);
    expect(files.some((name) => name.endsWith(".gz"))).toBe(true);
    // Why it ended was on the disk before it did.
    expect(
      readByName("exceptions").map(({ level, error }) => [level, error?.code ?? error?.message]),
    ).toEqual(CHOSEN.flatMap((ending) => EXPECTED[ending].told ?? []).map((told) => ["fatal", told]));
  },
);

it("a folder is for one process: a second one is refused until the first has ended, and goes on with its numbers [LOG-2]", async () => {
  const first = openLogFiles({ directory });
  const info = { level: "info", securityAudit: false } as const;
  first.write('{"n":0}\n', info);
  expect(() => openLogFiles({ directory })).toThrow(LogFolderInUseError);
  // By its exit code: an exception that no code caught, before a line was written.
  expect(await run({ from: 1, lines: 5, ending: "SIGKILL" })).toEqual([1, null]);
  first.write('{"n":1}\n', info);
  await first.close();
  const second = openLogFiles({ directory });
  second.write('{"n":2}\n', info);
  expect(second.log("application").head).toBe(3);
  await second.close();
  expect(readByName("application").map(({ n }) => n)).toEqual([0, 1, 2]);
});
