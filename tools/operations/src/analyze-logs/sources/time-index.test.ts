import { appendFileSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TimeRange } from "../../time/time-range.ts";
import { openLogLines } from "./log-lines.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sark-time-index-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const START = Date.parse("2026-11-20T00:00:00Z");
const INDEX = ".time-index.json";
const line = (at: number, text: string) =>
  `{"level":"info","timestamp":"${new Date(at).toISOString()}","component":"test","message":"${text}"}\n`;
const nameOf = (base: number, suffix = "") =>
  join(folder, `application.${String(base).padStart(16, "0")}.20261120T000000Z.jsonl${suffix}`);

async function find(range: TimeRange, index: boolean): Promise<{ lines: string[]; bytes: number }> {
  const { entries, totals } = openLogLines(
    {
      paths: [folder],
      stdin: process.stdin,
      index,
      failed: (path, reason) => {
        throw new Error(`${path}: ${reason}`);
      },
    },
    { range },
  );
  const lines: string[] = [];
  for await (const some of entries) {
    lines.push(...some.map((entry) => entry.line));
  }
  return { lines, bytes: totals.bytes };
}

/** What the index finds is what is found without it, at the first reading and at the second. */
async function foundAlike(range: TimeRange): Promise<boolean> {
  const { lines } = await find(range, false);
  const [first, second] = [await find(range, true), await find(range, true)];
  expect([first.lines, second.lines]).toEqual([lines, lines]);
  return true;
}

/** Times that go on, stand still, and sometimes go back as a clock that is set does; some lines bear none. */
function randomLog(
  count: number,
  seed: number,
  begin: number,
): { readonly text: string; readonly end: number } {
  let state = seed;
  const random = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  let at = begin;
  const lines = Array.from({ length: count }, (_, number) => {
    const chance = random();
    at += chance < 0.002 ? -60_000 : Math.floor(chance * 400);
    return chance > 0.98 ? `no JSON ${number}\n` : line(at, `${number} ${"x".repeat(300)}`);
  });
  return { text: lines.join(""), end: at };
}

describe("the time index", () => {
  test("never leaves out a line, whatever clocks did, over plain and packed files [CLI-4]", async () => {
    const first = randomLog(5_000, 7, START);
    const second = randomLog(5_000, 8, first.end);
    writeFileSync(nameOf(0, ".gz"), gzipSync(first.text));
    writeFileSync(nameOf(5_000), second.text);
    for (let seconds = -100; seconds < 1_000; seconds += 200) {
      expect(await foundAlike({ from: START + seconds * 1_000, to: START + (seconds + 150) * 1_000 })).toBe(
        true,
      );
    }
  });

  test("saves reading all but the parts that a range touches", async () => {
    const { text } = randomLog(12_000, 3, START);
    writeFileSync(nameOf(0), text);
    const range = { from: START + 400_000, to: START + 420_000 };
    await find(range, true);
    const again = await find(range, true);
    expect(again.lines.length).toBeGreaterThan(0);
    expect(again.bytes).toBeLessThan(text.length / 3);
  });

  test("knows of lines that came since, and of half a line that was completed", async () => {
    const range = { from: START, to: START + 1_000_000 };
    writeFileSync(nameOf(0), line(START, "one") + line(START + 1, "two").slice(0, 60));
    await find(range, true);
    appendFileSync(nameOf(0), line(START + 1, "two").slice(60) + line(START + 2, "three"));
    expect((await find(range, true)).lines.map((text) => JSON.parse(text).message)).toEqual([
      "one",
      "two",
      "three",
    ]);
  });

  test("finds the lines beside one whose time there is not", async () => {
    const strange = ["2026-13-01", "2026-00-00", "2026-02-30"].map(
      (date) => `{"level":"info","timestamp":"${date}T00:00:00.000Z","message":"${date}"}\n`,
    );
    writeFileSync(nameOf(0), line(START, "one") + strange.join("") + line(START + 1, "two"));
    expect(await foundAlike({ from: START, to: START + 1_000 })).toBe(true);
    // As JavaScript reads it: two days after the 28th.
    const march = Date.parse("2026-03-02T00:00:00Z");
    expect((await find({ from: march, to: march + 1 }, true)).lines).toHaveLength(1);
  });

  test.each([
    [
      "was changed in its midst",
      (path: string, text: string) => writeFileSync(path, text.replace("secret", "public")),
    ],
    [
      "became another, longer one",
      (path: string, text: string) => writeFileSync(path, line(START + 5, "other") + text),
    ],
    ["became a shorter one", (path: string) => writeFileSync(path, line(START + 5, "other"))],
  ])("reads a file again that %s", async (_, change) => {
    const path = nameOf(0);
    const text = line(START, "secret") + randomLog(50, 5, START).text;
    writeFileSync(path, text);
    utimesSync(path, 1, 1);
    await find({ from: START + 3_600_000, to: START + 3_600_001 }, true);
    change(path, text);
    expect(await foundAlike({ from: START, to: START + 10 })).toBe(true);
  });

  test("that is damaged, or another's, is as none", async () => {
    writeFileSync(nameOf(0), randomLog(100, 5, START).text);
    const range = { from: START, to: START + 5_000 };
    const { lines } = await find(range, true);
    const index = readFileSync(join(folder, INDEX), "utf8");
    for (const damaged of [
      "",
      "{}",
      index.slice(0, -10),
      index.replace(/\d{13}/g, "1000000000000"),
      "\u0000",
    ]) {
      writeFileSync(join(folder, INDEX), damaged);
      expect((await find(range, true)).lines).toEqual(lines);
    }
  });
});
