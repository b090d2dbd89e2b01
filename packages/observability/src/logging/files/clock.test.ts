import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openLineLog } from "./line-log.ts";
import { openLogFiles } from "./open-log-files.ts";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 30);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sark-logs-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const names = () => readdirSync(directory).filter((name) => name.startsWith("application."));

function openAt(clock: { now: number }) {
  const vanished: number[] = [];
  const log = openLineLog({
    directory,
    name: "application",
    maxFileBytes: 1_000_000,
    maxAgeMs: DAY_MS,
    rotated: () => undefined,
    rotationFailed: () => undefined,
    vanished: (lines) => void vanished.push(lines),
    now: () => clock.now,
  });
  return { log, vanished };
}

it("a file that was begun by a clock years ahead is closed when the clock is set right [LOG-2]", () => {
  const clock = { now: NOW + 9 * 365 * DAY_MS };
  const { log } = openAt(clock);
  log.append("one\n", 1);
  clock.now = NOW;
  log.append("two\n", 1);
  clock.now = NOW + DAY_MS - 1_000;
  log.append("three\n", 1);
  expect(log.segments().map(({ base }) => base)).toEqual([0, 1]);
  clock.now = NOW + DAY_MS;
  log.append("four\n", 1);
  log.close();
  expect(names()).toHaveLength(3);
});

it("a file that was removed is missed at once, though the clock was set back [LOG-3]", () => {
  const clock = { now: NOW };
  const { log, vanished } = openAt(clock);
  log.append("one\n", 1);
  log.append("two\n", 1);
  clock.now = NOW - DAY_MS / 2;
  rmSync(join(directory, names()[0] ?? ""));
  log.append("three\n", 1);
  log.close();
  expect(vanished).toEqual([2]);
  expect(names()).toHaveLength(1);
});

it("what was closed before the clock was set back is compressed in its time, not years later [LOG-2]", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  try {
    const files = openLogFiles({ directory, maxFileBytes: 1_000, compressAfterSeconds: 600 });
    const write = () => files.write(`${"x".repeat(600)}\n`, { level: "info", securityAudit: false });
    write();
    write();
    vi.setSystemTime(Date.now() - 365 * DAY_MS);
    write();
    const compressed = () => names().filter((name) => name.endsWith(".gz")).length;
    // The timers are that of the age of the open file, and that of what waits.
    const settled = () => vi.waitFor(() => expect(vi.getTimerCount()).toBe(2), { interval: 5 });
    await settled();
    vi.advanceTimersByTime(590_000);
    await settled();
    expect(compressed()).toBe(0);
    vi.advanceTimersByTime(20_000);
    await vi.waitFor(() => expect(compressed()).toBe(2), { interval: 5 });
    await files.close();
  } finally {
    vi.useRealTimers();
  }
});
