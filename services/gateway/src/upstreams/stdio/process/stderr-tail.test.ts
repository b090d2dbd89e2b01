import { describe, expect, it } from "vitest";
import { printable } from "./printable.ts";
import { createStderrTail, tellingLine } from "./stderr-tail.ts";

describe("what a server printed", () => {
  it("is shown as text that a terminal does nothing with", () => {
    const hostile =
      "\u001b]0;owned\u0007\u001b[2Jred\r2026-01-01 INFO forged\u2028next\u202egnp.exe\ttab é 漢 😀";
    expect(printable(hostile)).toBe(
      "\\u001b]0;owned\\u0007\\u001b[2Jred\\u000d2026-01-01 INFO forged\\u2028next\\u202egnp.exe  tab é 漢 😀",
    );
  });

  it("is kept to a bound", () => {
    const tail = createStderrTail();
    for (let line = 0; line < 100; line += 1) {
      tail.add(`${line} ${"x".repeat(1_000)}`);
    }
    expect(tail.lines()).toHaveLength(12);
    expect(tail.lines().every((line) => line.length <= 301)).toBe(true);
    expect(tail.lines().at(-1)).toMatch(/^99 /);
  });

  it.each<[string, string[], string | null]>([
    ["nothing", [], null],
    [
      "Node's",
      [
        "node:internal:1",
        "  throw err;",
        "  ^",
        "",
        "Error: Cannot find module 'x'",
        "    at f (x:1)",
        "  code: 'E',",
        "}",
        "",
        "Node.js v24.1.0",
      ],
      "Error: Cannot find module 'x'",
    ],
    [
      "Python's",
      [
        "Traceback (most recent call last):",
        '  File "s.py", line 1, in <module>',
        "    import nope",
        "ModuleNotFoundError: No module named 'nope'",
      ],
      "ModuleNotFoundError: No module named 'nope'",
    ],
    ["a shell's", ["sh: 1: mcp-server: not found"], "sh: 1: mcp-server: not found"],
    ["Go's", ["listening", "panic: boom", "", "goroutine 1 [running]:", "main.main()"], "panic: boom"],
    ["an unhelpful one", ["bye"], "bye"],
  ])("says most in its telling line: %s", (_whose, lines, telling) => {
    expect(tellingLine(lines)).toBe(telling);
  });
});
