import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchFolder } from "./watch-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "watched-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const WAIT = { timeout: 30_000 };
const NEVER = 1_000_000_000;

describe("watchFolder", () => {
  it("tells a burst of changes as one", async () => {
    const reload = vi.fn<() => Promise<void>>(async () => {});
    const watcher = watchFolder(folder, reload, { pollMs: NEVER, debounceMs: 300 });
    await Promise.all(["a", "b", "c"].map((name) => writeFile(join(folder, name), "text")));
    await vi.waitFor(() => expect(reload).toHaveBeenCalled(), WAIT);
    expect(reload).toHaveBeenCalledTimes(1);
    watcher.close();
  });

  it("looks by itself where nothing is told", async () => {
    const reload = vi.fn<() => Promise<void>>(async () => {});
    const watcher = watchFolder(join(folder, "missing"), reload, { pollMs: 20 });
    await vi.waitFor(() => expect(reload.mock.calls.length).toBeGreaterThan(2), WAIT);
    watcher.close();
  });

  it("looks at what there is, and reads it where that has changed, or changes while it is read", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      let print = "1";
      const reload = vi.fn<() => Promise<void>>(async () => void (print = print === "2" ? "3" : print));
      const watcher = watchFolder(join(folder, "missing"), reload, { pollMs: 10, print: () => print });
      vi.advanceTimersByTime(10);
      await vi.waitFor(() => expect(reload).toHaveBeenCalledTimes(1), WAIT);
      await Promise.resolve();
      vi.advanceTimersByTime(100);
      expect(reload).toHaveBeenCalledTimes(1);
      print = "2";
      vi.advanceTimersByTime(10);
      await vi.waitFor(() => expect(print).toBe("3"), WAIT);
      await Promise.resolve();
      vi.advanceTimersByTime(10);
      expect(reload).toHaveBeenCalledTimes(3);
      watcher.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it("never overlaps calls, misses no change during one, and is quiet once closed", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      let release = () => {};
      const reload = vi.fn<() => Promise<void>>(() => new Promise<void>((resolve) => (release = resolve)));
      const watcher = watchFolder(join(folder, "missing"), reload, { pollMs: 10 });
      vi.advanceTimersByTime(50);
      expect(reload).toHaveBeenCalledTimes(1);
      release();
      await vi.waitFor(() => expect(reload).toHaveBeenCalledTimes(2), WAIT);
      watcher.close();
      release();
      vi.advanceTimersByTime(50);
      expect(reload).toHaveBeenCalledTimes(2);
    } finally {
      vi.useRealTimers();
    }
  });
});
