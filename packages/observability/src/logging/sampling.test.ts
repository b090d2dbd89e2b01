import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createLogger, type LoggerOptions } from "./logger.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Line {
  readonly component: string;
  readonly level: string;
  readonly message: string;
  readonly sampled_message?: string;
  readonly sampled_out?: number;
}

function sampling(options: Partial<NonNullable<LoggerOptions["sampling"]>> = {}, level = "info") {
  const lines: Line[] = [];
  const logger = createLogger({
    service: "app",
    environment: "test",
    version: "1",
    level: level as "info",
    destination: { write: (line) => void lines.push(JSON.parse(line) as Line) },
    sampling: { first: 3, thenEach: 10, perMs: 1_000, ...options },
  });
  return { logger, lines, of: (message: string) => lines.filter((line) => line.message === message) };
}

const times = (count: number, act: (n: number) => void) => {
  for (let n = 1; n <= count; n += 1) {
    act(n);
  }
};

it("writes the first lines of a kind and a share of the rest, and says at the end of the window how many are missing [LOG-2]", () => {
  const told = vi.fn<(component: string, lines: number) => void>();
  const { logger, lines, of } = sampling({ onSampledOut: told });
  const other = logger.child({ component: "other" });
  times(43, () => logger.info({}, "often"));
  times(4, () => other.info({}, "often"));
  times(2, () => logger.info({}, "rarely"));
  expect(of("often").map(({ component }) => component)).toEqual([
    ...Array(7).fill("app"),
    ...Array(3).fill("other"),
  ]);
  expect(of("rarely")).toHaveLength(2);
  vi.advanceTimersByTime(1_000);
  expect(lines.slice(-2)).toMatchObject([
    { component: "app", message: "lines were sampled out", sampled_message: "often", sampled_out: 36 },
    { component: "other", sampled_message: "often", sampled_out: 1 },
  ]);
  expect(told.mock.calls).toEqual([
    ["app", 36],
    ["other", 1],
  ]);
  times(3, () => logger.info({}, "often"));
  expect(of("often")).toHaveLength(13);
});

it("never leaves out warnings, errors or lines of the security log [LOG-2]", () => {
  const { logger, lines } = sampling();
  const security = logger.child({ component: "http", log: "security-audit" });
  times(50, () => {
    logger.warn({}, "x");
    logger.error({}, "x");
    logger.fatal({}, "x");
    security.info({}, "x");
  });
  vi.advanceTimersByTime(5_000);
  expect(lines).toHaveLength(200);
});

it("counts each line as written or missing, over windows, levels that change, and messages without end [LOG-2]", () => {
  const { logger, lines } = sampling({}, "debug");
  let written = 0;
  const log = (message: string) => {
    logger.debug({}, message);
    written += 1;
  };
  times(5_000, (n) => {
    log(`message ${n}`);
    log(`message ${n % 7}`);
    if (n % 900 === 0) {
      vi.advanceTimersByTime(400);
    }
  });
  logger.setLevel("*", "error");
  logger.info({}, "below the level: neither");
  logger.flush();
  const missing = lines.reduce((sum, { sampled_out = 0 }) => sum + sampled_out, 0);
  expect(missing).toBeGreaterThan(3_000);
  expect(lines.filter(({ message }) => message.startsWith("message")).length + missing).toBe(written);
});

it("says what is missing before the process ends, also by an exception [LOG-2] [LOG-3]", () => {
  const modules = ["logger", "crash"].map((name) => new URL(`./${name}.ts`, import.meta.url).href);
  const { stdout } = spawnSync(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { createLogger } from ${JSON.stringify(modules[0])};
       import { installCrashHandlers } from ${JSON.stringify(modules[1])};
       const logger = createLogger({ service: "app", environment: "test", version: "1", level: "info",
         sampling: { first: 1, thenEach: 1000, perMs: 60_000 } });
       installCrashHandlers(logger);
       for (let n = 0; n < 10; n++) logger.info({}, "often");
       throw new Error("boom");`,
    ],
    { encoding: "utf8" },
  );
  const lines = stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
  expect(lines.map(({ message, sampled_out }) => [message, sampled_out])).toEqual([
    ["often", undefined],
    ["uncaught exception", undefined],
    ["lines were sampled out", 9],
  ]);
});

it.each([{ first: 0 }, { thenEach: 1.5 }, { perMs: Number.NaN }])(
  "refuses settings that mean nothing: %j",
  (options) => {
    expect(() => sampling(options)).toThrow(/give a whole number of at least 1/);
  },
);
