import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCaptured } from "../testing/run-captured.ts";
import { analyzeLogsTool } from "./tool.ts";
import { jsonLine } from "../terminal/printable.ts";

const START = Date.parse("2026-11-20T10:00:00Z");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sark-analyze-logs-"));
  writeFileSync(
    join(folder, "application.0000000000000000.20261120T100000Z.jsonl.gz"),
    gzipSync(
      line(0, {
        message: "call finished",
        user: "alice",
        tool: "echo",
        correlation_id: "r1",
        duration_ms: 2_500,
      }) +
        line(1_000, {
          level: "error",
          message: 'upstream "a" failed 12 times',
          correlation_id: "r2",
          duration_ms: 12,
        }) +
        line(3_000, {
          level: "error",
          message: 'upstream "b" failed 7 times',
          error: { type: "E", stack: "E: x\n at y" },
        }),
    ),
  );
  writeFileSync(
    join(folder, "application.0000000000000003.20261120T100004Z.jsonl"),
    line(4_000, { message: "call finished", user: "bob", correlation_id: "r3", duration_ms: 1_999.9 }) +
      line(5_000, { level: "warn", message: "\u001b[2J\u202eevil\u0007", user: "alice" }) +
      "half a li",
  );
  writeFileSync(
    join(folder, "security-audit.0000000000000000.20261120T100000Z.jsonl"),
    line(2_000, {
      level: "warn",
      message: "denied: no",
      user: "alice",
      correlation_id: "r1",
      log: "security-audit",
    }),
  );
  writeFileSync(
    join(folder, "exceptions.0000000000000000.20261120T100000Z.jsonl"),
    line(1_000, { level: "error", message: 'upstream "a" failed 12 times' }),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

function line(after: number, fields: Readonly<Record<string, unknown>>): string {
  const { level = "info", ...rest } = fields;
  return jsonLine({ level, timestamp: new Date(START + after).toISOString(), component: "gateway", ...rest });
}

const run = (
  args: readonly string[],
  options: { tty?: boolean; stdin?: Readable; interrupted?: AbortSignal } = {},
) => runCaptured(analyzeLogsTool, args, { env: {}, ...options });
const json = async (...args: string[]) =>
  (await run([...args, "--json", folder])).out
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text));

describe("search", () => {
  test("has the lines of all logs in order of time, those that are repeated once [CLI-4]", async () => {
    const lines = await json("search", "--since", "2026-11-20");
    expect(lines.map(({ message, unreadable }) => message ?? unreadable)).toEqual([
      "call finished",
      'upstream "a" failed 12 times',
      "denied: no",
      'upstream "b" failed 7 times',
      "call finished",
      "\u001b[2J\u202eevil\u0007",
      "half a li",
    ]);
  });

  test("takes a text, a level, a user and a range of time together [CLI-4]", async () => {
    expect(await json("search", "--query", "failed", "--until", "2026-11-20T10:00:02Z")).toHaveLength(1);
    expect(await json("search", "--level", "error")).toHaveLength(2);
    expect(await json("search", "--user", "alice", "--level", "warn", "--limit", "1")).toMatchObject([
      { message: "denied: no" },
    ]);
  });

  test("lets nothing of a log steer the terminal [CLI-5]", async () => {
    const { out, code } = await run(["search", "--query", "evil", folder], { tty: true });
    expect(code).toBe(0);
    expect(out).toContain("[2J evil");
    expect(stripVTControlCharacters(out)).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  });

  test("shows the stack of an error below it, and none of it as a line of its own", async () => {
    const { out } = await run(["search", "--query", '"b"', folder]);
    expect(out).toMatch(
      /^2026-11-20T10:00:03.000Z ERROR gateway upstream "b" failed 7 times\n {4}E: x\n {4} at y\n$/,
    );
  });

  test("that finds nothing says so, and prints nothing [CLI-5]", async () => {
    const nothing = await run(["search", "--query", "nowhere", folder]);
    expect(nothing).toMatchObject({ code: 4, out: "" });
    expect(nothing.err).toMatch(/^No line was found in \d+ bytes.\n$/);
  });

  test.each([
    [["--since", "2026-11-20T10:00"], 2, /no time zone: say 2026-11-20T10:00Z/],
    [["--last", "1 week"], 2, /"1 week" is no duration/],
    [["--last", "1h", "--since", "today"], 2, /say one of them/],
    [["--query", ""], 2, /--query is empty/],
    [["--limit", "0"], 2, /"0" is no number from 1 on/],
    [["--colour"], 2, /No flag registered/],
    [["/nowhere/at-all"], 3, /Cannot read \/nowhere\/at-all \(ENOENT\)/],
  ])("refuses %j", async (args, code, message) => {
    const said = await run(["search", ...args]);
    expect(said).toMatchObject({ code, out: "" });
    expect(said.err).toMatch(message);
  });
});

describe("what is read", () => {
  test("standard input, with what journalctl -o json wrote", async () => {
    const journal = [
      {
        __REALTIME_TIMESTAMP: "1795341600000000",
        PRIORITY: "3",
        _SYSTEMD_UNIT: "sark.service",
        MESSAGE: "plain words",
      },
      {
        __REALTIME_TIMESTAMP: "1795341600000000",
        PRIORITY: "6",
        MESSAGE: line(0, { message: "ours" }).trim(),
      },
      { __REALTIME_TIMESTAMP: "1795341600000000", PRIORITY: "6", MESSAGE: [...Buffer.from("b\u0007ytes")] },
    ].map((entry) => JSON.stringify(entry));
    const { out } = await run(["search", "--json", "-"], {
      stdin: Readable.from([`${journal.join("\n")}\n`]),
    });
    expect(
      out
        .trim()
        .split("\n")
        .map((text) => JSON.parse(text)),
    ).toMatchObject([
      { level: "error", component: "sark.service", message: "plain words" },
      { level: "info", component: "gateway", message: "ours" },
      { message: "b\u0007ytes" },
    ]);
  });

  test("a journal in the export format, whose entries arrive in pieces of any size", async () => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(7n);
    const entry = (message: Buffer) =>
      Buffer.concat([
        Buffer.from("__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795341600000000\nPRIORITY=4\n"),
        message,
        Buffer.from("\n\n"),
      ]);
    const bytes = Buffer.concat([
      entry(Buffer.from("MESSAGE=one")),
      entry(Buffer.concat([Buffer.from("MESSAGE\n"), length, Buffer.from("tw\no\n\nx")])),
    ]);
    for (const size of [1, 3, 64, bytes.length]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      const { out } = await run(["search", "--json", "-"], { stdin: Readable.from(pieces) });
      expect(
        out
          .trim()
          .split("\n")
          .map((text) => JSON.parse(text).message),
      ).toEqual(["one", "tw\no\n\nx"]);
    }
  });

  test("no journal whose fields have no end: a length is not believed", async () => {
    const length = Buffer.alloc(8, 0xff);
    const bytes = Buffer.concat([Buffer.from("__CURSOR=s=1\nMESSAGE\n"), length, Buffer.from("x\n\n")]);
    const said = await run(["search", "--json", "-"], { stdin: Readable.from([bytes]) });
    expect(said).toMatchObject({ code: 3, out: "" });
    expect(said.err).toMatch(/A field of the journal is too long/);
  });

  test("an archive that ends too early, as far as it goes, and it is said [CLI-5]", async () => {
    const path = join(folder, "cut.gz");
    const lines = Array.from({ length: 12_000 }, (_, at) =>
      line(at, { message: `number ${at} ${Math.sin(at)}` }),
    );
    const packed = gzipSync(lines.join(""));
    writeFileSync(path, packed.subarray(0, packed.length - 5_000));
    const { code, out, err } = await run(["stats", "--json", path]);
    expect(code).toBe(1);
    expect(JSON.parse(out).lines).toBeGreaterThan(1_000);
    expect(err).toBe(
      `analyze-logs: ${path} could not be read whole (it ends before its packed content does).\n`,
    );
  });

  test("an archive of zstd", async () => {
    const path = join(folder, "one.jsonl.zst");
    writeFileSync(path, zstdCompressSync(line(0, { message: "packed" })));
    expect((await run(["search", "--query", "packed", path])).code).toBe(0);
  });
});

describe("slow-requests", () => {
  test("shows each request once, the slowest first, from the threshold on [CLI-4]", async () => {
    const [shown] = await json("slow-requests", "--threshold", "1999ms");
    expect(shown).toMatchObject({ threshold_ms: 1_999, found: 2 });
    expect(shown.requests.map(({ request_id: id }: { request_id: string }) => id)).toEqual(["r1", "r3"]);
    const { out } = await run(["slow-requests", "--threshold", "2s", folder]);
    expect(out.split("\n")[1]).toMatch(
      /^2026-11-20T10:00:00.000Z +2.500 s +- +echo +alice +call finished +r1$/,
    );
  });
});

describe("errors, user, stats", () => {
  test("errors --group counts what differs in numbers and names only as one [CLI-4]", async () => {
    const [shown] = await json("errors", "--group");
    expect(shown).toMatchObject({ errors: 2, kinds: 2 });
    expect(shown.groups.map(({ kind }: { kind: string }) => kind)).toEqual([
      'upstream "…" failed … times',
      'upstream "…" failed … times (E)',
    ]);
  });

  test("user shows the latest lines of one, and how many there are of which level", async () => {
    const { out, err } = await run(["user", "--id", "alice", "--limit", "1", folder]);
    expect(out).toContain("evil");
    expect(err).toBe("1 info, 2 warn; the latest 1 are shown.\n");
  });

  test("stats counts by level, component and time", async () => {
    const [shown] = await json("stats");
    expect(shown).toMatchObject({ lines: 7, unreadable: 1, levels: { info: 2, error: 2, warn: 2, "-": 1 } });
    expect(shown.over_time).toEqual({ seconds: 1, counts: [1, 1, 1, 1, 1, 2] });
  });
});

describe("tail", () => {
  test("begins with the last lines, whichever file they are in", async () => {
    const { out } = await run(["tail", "-n", "3", "--json", folder]);
    expect(
      out
        .trim()
        .split("\n")
        .slice(0, 2)
        .map((text) => JSON.parse(text).message),
    ).toEqual(["call finished", "\u001b[2J\u202eevil\u0007"]);
  });

  test("--follow has each line that is written, once, over a rotation, and half lines when they are whole", async () => {
    const own = mkdtempSync(join(tmpdir(), "sark-follow-"));
    const first = join(own, "application.0000000000000000.20261120T100000Z.jsonl");
    writeFileSync(first, line(0, { message: "before" }));
    const end = new AbortController();
    const steps = [
      () => appendFileSync(first, line(1, { message: "one" }) + line(2, { message: "two" }).slice(0, 30)),
      () => appendFileSync(first, line(2, { message: "two" }).slice(30)),
      () =>
        writeFileSync(
          join(own, "application.0000000000000003.20261120T100001Z.jsonl"),
          line(3, { message: "three" }),
        ),
      () => end.abort(),
    ];
    const seen: string[] = [];
    const tool = runCaptured(analyzeLogsTool, ["tail", "--follow", "--json", own], {
      env: {},
      interrupted: end.signal,
      heard(text) {
        seen.push(
          ...text
            .trim()
            .split("\n")
            .map((one) => JSON.parse(one).message as string),
        );
        steps.shift()?.();
        // Half a line makes no sound.
        if (seen.at(-1) === "one") {
          steps.shift()?.();
        }
      },
    });
    await tool;
    expect(seen).toEqual(["before", "one", "two", "three"]);
    rmSync(own, { recursive: true });
  });
});
