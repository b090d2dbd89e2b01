import { describe, expect, it } from "vitest";
import { formatSeconds } from "./duration.ts";
import { inertJson } from "./printable.ts";
import { fitWidth } from "./fit-width.ts";
import { styleFor } from "./style.ts";
import { formatTable, type Column } from "./table.ts";

const plain = styleFor({ write: () => true }, {});
const coloured = styleFor({ write: () => true, isTTY: true }, {});

describe("tables", () => {
  const columns = [
    { title: "NAME", value: ([name]: [string, number]) => name },
    { title: "EVENTS", value: ([, count]: [string, number]) => String(count), align: "right" as const },
  ];

  it("have columns as wide as their widest text, numbers to the right [CLI-5]", () => {
    expect(
      formatTable(
        columns,
        [
          ["splunk-main", 5],
          ["dd", 1_234_567],
        ],
        plain,
      ),
    ).toBe("NAME          EVENTS\nsplunk-main        5\ndd           1234567\n");
  });

  it("colour the text, and keep the width [CLI-5]", () => {
    const painted = [{ ...columns[0]!, paint: () => coloured.bad }, columns[1]!];
    expect(formatTable(painted, [["a", 1]], coloured)).toContain("\u001b[31ma   \u001b[0m       1\n");
  });

  it("show what steers terminals, or breaks lines, as blanks [CLI-5]", () => {
    const rows: [string, number][] = [["a\u001b[2J\r\nb\u009bc\u2028d\u202ee", 1]];
    expect(formatTable(columns, rows, plain)).toContain("a [2J b c d e");
  });
});

it("JSON for people holds no character that steers terminals, and is still the same JSON [CLI-5]", () => {
  const value = { text: "a\u001b[2J\u009b\u202e\u2028\u{e0041}\n", list: [1] };
  const text = inertJson(JSON.stringify(value, null, 2));
  expect(JSON.parse(text)).toEqual(value);
  expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  expect(text.split("\n")).toHaveLength(6);
});

describe("durations", () => {
  it.each([
    [0, "0 s"],
    [0.44, "0.4 s"],
    [119, "119 s"],
    [120, "2 min"],
    [7_200, "2 h"],
    [259_200, "3 d"],
  ])("%d seconds read %s [CLI-5]", (seconds, text) => expect(formatSeconds(seconds)).toBe(text));
});

it.each([
  ["as long as the room", "abcdef", "abcdef"],
  ["longer", "abcdefg", "abcde…"],
  ["wide", "日本語", "日本語"],
  ["wide and too long", "日本語x", "日本…"],
  ["coloured", coloured.bad("abcdef"), coloured.bad("abcdef")],
  ["coloured and longer", coloured.bad("abcdefg"), coloured.bad("abcde…")],
])("a line that is %s takes at most its columns [CLI-5]", (_what, line, fitted) => {
  expect(fitWidth(line, 6)).toBe(fitted);
});

describe("a table that is wider than the terminal [CLI-5]", () => {
  const rows = [
    { name: "everyone", why: "Everybody may see which servers there are" },
    { name: "admin", why: "Administrators may do everything, and that is a lot" },
  ];
  const columns: readonly Column<(typeof rows)[number]>[] = [
    { title: "NAME", value: ({ name }) => name },
    { title: "REASON", value: ({ why }) => why },
  ];
  const style = (width: number) =>
    styleFor({ write: () => true, isTTY: true, columns: width }, { NO_COLOR: "1" });

  it("wraps the text of its last column within it", () => {
    expect(formatTable(columns, rows, style(36))).toBe(
      [
        "NAME      REASON",
        "everyone  Everybody may see which",
        "          servers there are",
        "admin     Administrators may do",
        "          everything, and that is a",
        "          lot",
        "",
      ].join("\n"),
    );
  });

  it("becomes records where that leaves no room, and where what would wrap is one word", () => {
    expect(formatTable(columns, rows, style(26))).toBe(
      [
        "NAME    everyone",
        "REASON  Everybody may see",
        "        which servers",
        "        there are",
        "",
        "NAME    admin",
        "REASON  Administrators may",
        "        do everything, and",
        "        that is a lot",
        "",
      ].join("\n"),
    );
    const key = { name: "key", why: `sark+${"a".repeat(40)}` };
    expect(formatTable(columns, [key], style(40))).toBe(`NAME    key\nREASON\n  ${key.why}\n`);
  });
});
