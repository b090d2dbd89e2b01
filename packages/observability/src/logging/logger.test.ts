import { trace } from "@opentelemetry/api";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { startTracing } from "../tracing/start-tracing.ts";
import { currentContext, extendContext, runInContext } from "./context.ts";
import { joinLines, type LogLine } from "./destination.ts";
import { prettyPrinted } from "./pretty.ts";
import { createLogger, type LoggerOptions } from "./logger.ts";
import { standardError } from "./standard-streams/standard-error.ts";

/** A logger whose lines are kept, parsed. */
function capture(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const logger = createLogger({
    service: "app",
    environment: "test",
    version: "1.2.3",
    level: "info",
    destination: { write: (line) => lines.push(line) },
    ...options,
  });
  return { logger, lines, records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe("lines", () => {
  it("carry the contract's fields, one JSON object a line [LOG-1]", async () => {
    const { logger, lines, records } = capture();
    const tracing = startTracing({ service: "app", version: "1", environment: "test", sampleRatio: 1 });
    onTestFinished(() => tracing.shutdown());
    const context = { correlation_id: "c-1", user: "alice", tenant: "acme", tool: "read", session: "s-1" };
    tracing.tracer.startActiveSpan("call", (span) => {
      runInContext(context, () => {
        logger
          .child({ component: "mcp.proxy" })
          .warn({ duration_ms: 12.5, audit_id: "a-1" }, "call was slow");
      });
      span.end();
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^\{[^\n]*\}\n$/);
      expect(records()[0]).toEqual({
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        level: "warn",
        message: "call was slow",
        service: "app",
        environment: "test",
        version: "1.2.3",
        component: "mcp.proxy",
        ...context,
        trace_id: span.spanContext().traceId,
        span_id: span.spanContext().spanId,
        duration_ms: 12.5,
        audit_id: "a-1",
      });
    });
  });

  it("have only the fields that were given, and no process id or host name of pino's [LOG-1]", () => {
    const { logger, records } = capture();
    logger.info({ user: undefined }, "started");
    expect(Object.keys(records()[0] ?? {}).toSorted((a, b) => a.localeCompare(b))).toEqual([
      "component",
      "environment",
      "level",
      "message",
      "service",
      "timestamp",
      "version",
    ]);
  });

  it("cannot be given a second level, message or service by their fields [LOG-1]", () => {
    const { logger, lines, records } = capture();
    logger.info({ level: "fatal", message: "forged", timestamp: 0, service: "x", component: "y" }, "true");
    expect(lines[0]?.match(/"(level|message|timestamp|service|component)":/g)).toHaveLength(5);
    expect(records()[0]).toMatchObject({
      level: "info",
      message: "true",
      field_level: "fatal",
      component: "app",
    });
  });

  it("hold errors with type, code, message, stack and nested causes to a depth [LOG-1]", () => {
    const { logger, records } = capture();
    let error = new Error("innermost");
    for (let i = 1; i <= 8; i++) {
      error = new Error(`cause ${i}`, { cause: error });
    }
    const outer = Object.assign(new TypeError("outer", { cause: error }), {
      code: "E_OUTER",
      detail: "row (1)",
    });
    logger.error({ error: outer }, "failed");
    const shown = records()[0]?.["error"] as Record<string, unknown>;
    expect(shown).toMatchObject({ type: "TypeError", code: "E_OUTER", message: "outer" });
    expect(shown["stack"]).toMatch(/^TypeError: outer\n {4}at /);
    expect(shown["cause"]).toMatchObject({
      type: "Error",
      message: "cause 8",
      cause: { message: "cause 7" },
    });
    expect(JSON.stringify(shown)).not.toContain("innermost");
    expect(JSON.stringify(shown)).not.toContain("row (1)");
  });

  it("hold the errors of an AggregateError, and things thrown that are no errors [LOG-1]", () => {
    const { logger, records } = capture();
    logger.error({ error: new AggregateError([new Error("one"), new Error("two")], "both") }, "failed");
    logger.error({ error: "just text" }, "failed");
    logger.error({ error: { message: "an object" } }, "failed");
    expect(records().map((record) => record["error"])).toMatchObject([
      { type: "AggregateError", errors: [{ message: "one" }, { message: "two" }] },
      { type: "string", message: "just text" },
      { type: "object", message: "an object" },
    ]);
  });

  it("survive whatever they are given [QLT-2]", () => {
    const { logger, lines, records } = capture();
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const hostile = {
      get trap(): never {
        throw new Error("no");
      },
    };
    const values = [
      circle,
      10n,
      Symbol("s"),
      () => 1,
      Number.NaN,
      new Date(Number.NaN),
      Buffer.from("abc"),
      hostile,
    ];
    for (const value of values) {
      logger.info({ value }, "odd");
    }
    logger.info({ map: new Map([["a", 1]]), set: new Set([2]), url: new URL("http://h/p") }, "plain");
    expect(lines).toHaveLength(values.length + 1);
    expect(
      records()
        .slice(1, 7)
        .map((record) => record["value"]),
    ).toEqual(["10", "[symbol]", "[function]", "NaN", null, "[3 bytes]"]);
    expect(records()[7]).toMatchObject({ message: "odd", unreadable_fields: true });
    expect(records()[8]).toMatchObject({ map: { a: 1 }, set: [2], url: "http://h/p" });
  });

  it("survive fields and messages that are none at all, or bite [QLT-2]", () => {
    const { logger, records } = capture();
    const bite = Object.defineProperty({}, "user", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
    logger.info(bite, "getter");
    logger.info(undefined as unknown as Record<string, unknown>, "no fields");
    logger.info({}, undefined as unknown as string);
    logger.info(
      {
        error: new Proxy(new Error("x"), {
          get: () => {
            throw new Error("no");
          },
        }),
      },
      "proxy",
    );
    expect(records()).toMatchObject([
      { message: "getter", unreadable_fields: true },
      { message: "no fields", unreadable_fields: true },
      { message: "" },
      { message: "proxy", unreadable_fields: true },
    ]);
  });

  it("are bounded: long strings are cut and say by how much, wide and deep objects too [LOG-1]", () => {
    const { logger, lines, records } = capture();
    const deep = { a: { a: { a: { a: { a: { a: { a: { a: { a: { a: { a: { a: 1 } } } } } } } } } } } };
    const wide = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key${i}`, i]));
    logger.info(
      { text: "x".repeat(20_000), list: Array.from({ length: 300 }, (_, i) => i), deep, wide },
      "big",
    );
    const record = records()[0] as { text: string; list: unknown[]; wide: Record<string, unknown> };
    expect(record.text).toMatch(/^x{8192}… \[11808 characters cut\]$/);
    expect(record.list).toHaveLength(101);
    expect(record.list.at(-1)).toBe("… 200 more");
    expect(record.wide["…"]).toBe("400 more fields");
    expect(lines[0]).toContain("[too deep]");
    const keys = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${"k".repeat(150)}${i}`, i]));
    logger.info({ wide: Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => keys)) }, "wide");
    expect(lines[1]?.length).toBeLessThan(500_000);
    const everything = Array.from({ length: 90 }, () => Array.from({ length: 90 }, () => "y".repeat(9_000)));
    logger.info({ everything }, "z".repeat(1_000_000));
    expect(lines[2]?.length).toBeLessThan(300_000);
    expect(records()[2]?.["message"]).toMatch(/^z{8192}… \[991808 characters cut\]$/);
  });
});

describe("context", () => {
  it("follows asynchronous work, nests, and is extended on the way [LOG-1]", async () => {
    const { logger, records } = capture();
    await runInContext({ correlation_id: "c-1" }, async () => {
      await Promise.resolve();
      extendContext({ user: "alice" });
      await runInContext({ tool: "read" }, async () => {
        await new Promise((resolve) => setImmediate(resolve));
        extendContext({ session: "inner only" });
        logger.info({}, "inner");
      });
      logger.info({ user: "overridden" }, "outer");
    });
    logger.info({}, "outside");
    expect(records()).toMatchObject([
      { correlation_id: "c-1", user: "alice", tool: "read", session: "inner only" },
      { correlation_id: "c-1", user: "overridden" },
      {},
    ]);
    expect(records()[1]).not.toHaveProperty("tool");
    expect(records()[1]).not.toHaveProperty("session");
    expect(records()[2]).not.toHaveProperty("correlation_id");
  });

  it("keeps simultaneous requests apart, and nothing at all outside of them [LOG-1]", async () => {
    extendContext({ user: "outside" });
    expect(currentContext()).toEqual({});
    const users = await Promise.all(
      ["a", "b", "c"].map((user) =>
        runInContext({ user }, async () => {
          await new Promise((resolve) => setImmediate(resolve));
          return currentContext().user;
        }),
      ),
    );
    expect(users).toEqual(["a", "b", "c"]);
  });

  it("names no trace where no span is active [LOG-1]", () => {
    const { logger, records } = capture();
    expect(trace.getActiveSpan()).toBeUndefined();
    logger.info({}, "x");
    expect(records()[0]).not.toHaveProperty("trace_id");
  });
});

describe("levels", () => {
  it("change per component while running, also for children that exist [LOG-2]", () => {
    const { logger, records } = capture();
    const [policy, proxy] = [logger.child({ component: "policy" }), logger.child({ component: "proxy" })];
    policy.debug({}, "1");
    logger.setLevel("policy", "debug");
    policy.debug({}, "2");
    logger.child({ component: "policy" }).debug({}, "3");
    proxy.debug({}, "4");
    logger.setLevel("proxy", "error");
    proxy.warn({}, "5");
    proxy.error({}, "6");
    logger.setLevel("*", "warn");
    policy.info({}, "7");
    proxy.warn({}, "8");
    logger.child({ component: "new" }).info({}, "9");
    logger.child({ component: "new" }).warn({}, "10");
    expect(records().map((record) => record["message"])).toEqual(["2", "3", "6", "8", "10"]);
  });

  it("refuse a level that does not exist, naming those that do [LOG-2]", () => {
    const { logger } = capture();
    expect(() => logger.setLevel("*", "verbose" as "info")).toThrow(
      /unknown log level "verbose"; use one of trace/,
    );
    expect(() => capture({ level: "loud" as "info" })).toThrow(RangeError);
  });
});

describe("destination", () => {
  it("that fails stops no caller, and is told of on stderr once [QLT-2]", () => {
    const stderr = vi.spyOn(standardError, "write").mockReturnValue();
    onTestFinished(() => stderr.mockRestore());
    const { logger } = capture({
      destination: {
        write() {
          throw new Error("ENOSPC: no space left on device");
        },
      },
    });
    for (let i = 0; i < 5; i++) {
      logger.fatal({}, "lost");
    }
    expect(stderr).toHaveBeenCalledTimes(1);
    expect(stderr.mock.calls[0]?.[0]).toMatch(/1 lines could not be written: ENOSPC/);
  });

  it("is flushed by every fatal line and by flush [QLT-2]", () => {
    const flushSync = vi.fn<() => void>();
    const { logger } = capture({ destination: { write: () => {}, flushSync } });
    logger.error({}, "x");
    expect(flushSync).not.toHaveBeenCalled();
    logger.fatal({}, "x");
    expect(flushSync).toHaveBeenCalledTimes(1);
    logger.flush();
    expect(flushSync).toHaveBeenCalledTimes(2);
  });

  it("gets durations to the microsecond [LOG-1]", () => {
    const { logger, records } = capture();
    logger.info({ duration_ms: 815.0876619999995 }, "x");
    expect(records()[0]).toMatchObject({ duration_ms: 815.088 });
  });

  it("gets lines for people that no caller can forge, and that steer no terminal [LOG-1]", () => {
    const lines: string[] = [];
    const { logger } = capture({ destination: prettyPrinted({ write: (line) => lines.push(line) }) });
    const hostile =
      "a\n12:00:00.000 FATAL gateway forged\r\u001b[2J\u001b]0;title\u0007\u0085\u2028\u202e\u200b\u009b31m\u{e0041}b";
    const error = new Error(hostile);
    error.stack = `Error: ${hostile}\n    at here`;
    logger.info({ tool: hostile, nested: { [hostile]: hostile }, error }, hostile);
    const [text = ""] = lines;
    // The line, and below it the error's own lines, indented.
    expect(text.split("\n").map((line) => line.slice(0, 4))).toEqual([
      expect.stringMatching(/^\d\d:\d$/),
      "    ",
      "    ",
      "    ",
      "",
    ]);
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/u);
    expect(text).toContain("a\\u000a12:00:00.000 FATAL gateway forged\\u000d\\u001b[2J");
  });

  it("gets lines without raw control characters, in values, names and messages [LOG-1]", () => {
    const lines: string[] = [];
    const { logger } = capture({ destination: { write: (line) => lines.push(line) } });
    const hostile = "a\n\u001b[2J\u007f\u0085\u009b31m\u2028b\u2029";
    logger.info({ tool: hostile, nested: { [hostile]: [hostile] }, error: new Error(hostile) }, hostile);
    const [text = ""] = lines;
    expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(text)).toMatchObject({
      tool: hostile,
      nested: { [hostile]: [hostile] },
      message: hostile,
    });
  });

  it("gets lines for people when told so, redacted alike [LOG-2]", () => {
    const lines: string[] = [];
    const { logger } = capture({ destination: prettyPrinted({ write: (line) => lines.push(line) }) });
    logger
      .child({ component: "policy" })
      .error(
        { error: new Error("bad"), password: "hunter2", duration_ms: 3 },
        "no response, token=abcdef123456",
      );
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} ERROR policy no response, token=\[redacted\] password=\[redacted\] duration_ms=3\n {4}Error: bad\n {8}at /,
    );
  });
});

describe("a batch", () => {
  it("hands its lines on together, in order, before it returns, also when it fails", () => {
    const pieces: string[] = [];
    const destination = {
      write: (line: string) => void pieces.push(line),
      writeLines: (lines: readonly LogLine[]) => void pieces.push(joinLines(lines)),
    };
    const { logger } = capture({ destination });
    const child = logger.child({ component: "other" });
    logger.batch(() => {
      logger.info({}, "one");
      logger.batch(() => child.info({}, "two"));
      expect(pieces).toEqual([]);
    });
    expect(pieces).toHaveLength(1);
    const messages = (text: string | undefined) =>
      (text ?? "")
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { message: string }).message);
    expect(messages(pieces[0])).toEqual(["one", "two"]);
    expect(() =>
      logger.batch(() => {
        logger.info({}, "three");
        throw new Error("within");
      }),
    ).toThrow("within");
    logger.info({}, "four");
    expect(pieces.slice(1).map(messages)).toEqual([["three"], ["four"]]);
  });

  it("goes line by line to a destination that takes lines only", () => {
    const { logger, records } = capture();
    logger.batch(() => {
      logger.info({}, "one");
      logger.info({}, "two");
    });
    expect(records().map(({ message }) => message)).toEqual(["one", "two"]);
  });
});
