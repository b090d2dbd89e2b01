import { createLogger } from "../logger.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLevelSignal } from "./level-signal.ts";
import { createLogLevelControl, type LogLevelControl } from "./log-level-control.ts";

const MINUTE = 60_000;
let control: LogLevelControl;
let lines: string[];
let reverted: unknown[];
let policy: ReturnType<typeof createLogger>;
let http: ReturnType<typeof createLogger>;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  reverted = [];
  const logger = createLogger({
    service: "main",
    environment: "test",
    version: "1",
    level: "info",
    destination: { write: (line) => void lines.push((JSON.parse(line) as { message: string }).message) },
  });
  policy = logger.child({ component: "policy" });
  http = logger.child({ component: "http" });
  control = createLogLevelControl(logger, { reverted: (event) => void reverted.push(event) });
});
afterEach(() => {
  control.close();
  vi.useRealTimers();
});

function written(): string[] {
  lines.length = 0;
  for (const level of ["debug", "info", "warn"] as const) {
    policy[level]({}, `policy ${level}`);
    http[level]({}, `http ${level}`);
  }
  return lines.toSorted();
}

describe("log levels while the gateway runs [GTW-11]", () => {
  it("are those of one component, or of all", () => {
    control.change({ component: "policy", level: "debug", forMs: null });
    expect(written()).toEqual(["http info", "http warn", "policy debug", "policy info", "policy warn"]);
    expect(control.show()).toEqual({
      level: "info",
      components: [
        { component: "http", level: "info" },
        { component: "main", level: "info" },
        { component: "policy", level: "debug" },
      ],
      reverts: [],
    });
    control.change({ component: null, level: "warn", forMs: null });
    expect(written()).toEqual(["http warn", "policy warn"]);
    expect(control.show().level).toBe("warn");
    expect([control.isKnown("policy"), control.isKnown("other"), control.isKnown("__proto__")]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("go back by themselves after their time", () => {
    control.change({ component: "policy", level: "debug", forMs: MINUTE });
    expect(control.show().reverts).toEqual([{ component: "policy", to: "info", at: Date.now() + MINUTE }]);
    vi.advanceTimersByTime(MINUTE - 1);
    expect(written()).toContain("policy debug");
    vi.advanceTimersByTime(1);
    expect(written()).not.toContain("policy debug");
    expect(control.show().reverts).toEqual([]);
    expect(reverted).toEqual([{ component: "policy", level: "info" }]);
  });

  it("go back to what was before the first of several changes for a time", () => {
    control.change({ component: "policy", level: "debug", forMs: MINUTE });
    control.change({ component: "policy", level: "warn", forMs: 2 * MINUTE });
    vi.advanceTimersByTime(MINUTE);
    expect(control.show().components).toContainEqual({ component: "policy", level: "warn" });
    vi.advanceTimersByTime(MINUTE);
    expect(control.show().components).toContainEqual({ component: "policy", level: "info" });
  });

  it("stay when a change without an end follows", () => {
    control.change({ component: "policy", level: "debug", forMs: MINUTE });
    control.change({ component: "policy", level: "error", forMs: null });
    vi.advanceTimersByTime(MINUTE);
    expect(control.show().components).toContainEqual({ component: "policy", level: "error" });
    expect(reverted).toEqual([]);
  });

  it("of all go back to those of each, what was changed for good meanwhile kept", () => {
    control.change({ component: "policy", level: "warn", forMs: null });
    control.change({ component: null, level: "debug", forMs: MINUTE });
    control.change({ component: "http", level: "error", forMs: null });
    expect(written()).toEqual(["policy debug", "policy info", "policy warn"]);
    vi.advanceTimersByTime(MINUTE);
    expect(control.show()).toMatchObject({
      level: "info",
      components: [
        { component: "http", level: "error" },
        { component: "main", level: "info" },
        { component: "policy", level: "warn" },
      ],
    });
  });

  it("of one outlast those of all that end before, and then go back to what was before both", () => {
    control.change({ component: null, level: "debug", forMs: MINUTE });
    control.change({ component: "policy", level: "trace", forMs: 2 * MINUTE });
    vi.advanceTimersByTime(MINUTE);
    expect(control.show().components).toContainEqual({ component: "policy", level: "trace" });
    expect(control.show().components).toContainEqual({ component: "http", level: "info" });
    vi.advanceTimersByTime(MINUTE);
    expect(control.show().components).toContainEqual({ component: "policy", level: "info" });
    expect(control.show().reverts).toEqual([]);
  });

  it("of all end those of one", () => {
    control.change({ component: "policy", level: "debug", forMs: MINUTE });
    control.change({ component: null, level: "warn", forMs: 2 * MINUTE });
    vi.advanceTimersByTime(MINUTE);
    expect(written()).toEqual(["http warn", "policy warn"]);
    vi.advanceTimersByTime(MINUTE);
    expect(control.show().components).toContainEqual({ component: "policy", level: "info" });
  });
});

describe("the signal for debugging", () => {
  function signals(): { send(): void; readonly heard: unknown[] } {
    const heard: unknown[] = [];
    const send = createLevelSignal(control, {
      switched: (event) => void heard.push(event),
      switchedBack: () => void heard.push("back"),
    });
    return { send, heard };
  }

  it("shows debug lines of all components for ten minutes, and the next one ends that [LOG-2]", () => {
    control.change({ component: "http", level: "warn", forMs: null });
    const before = written();
    const { send, heard } = signals();
    send();
    expect(written()).toHaveLength(6);
    vi.advanceTimersByTime(9 * MINUTE);
    send();
    expect(written()).toEqual(before);
    expect(heard).toEqual([{ level: "debug", forMs: 10 * MINUTE }, "back"]);
    send();
    vi.advanceTimersByTime(10 * MINUTE);
    expect(written()).toEqual(before);
    // Over by itself: the next one begins anew.
    send();
    expect(written()).toHaveLength(6);
  });

  it("ends what an operator has set for a time, too, and leaves what lasts [LOG-2]", () => {
    control.change({ component: null, level: "trace", forMs: MINUTE });
    control.change({ component: "policy", level: "error", forMs: null });
    signals().send();
    expect(written()).toEqual(["http info", "http warn"]);
    vi.advanceTimersByTime(MINUTE);
    expect(written()).toEqual(["http info", "http warn"]);
    expect(reverted).toEqual([{ component: null, level: "info" }]);
  });
});
