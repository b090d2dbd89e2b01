import { describe, expect, test } from "vitest";
import type { FigureRow } from "../figures/figures.ts";
import { csvReport } from "./csv-report.ts";
import { htmlReport } from "./html-report.ts";
import { makeReport, type Report } from "./make-report.ts";
import { markdownReport } from "./markdown-report.ts";

const HOSTILE = [
  '=HYPERLINK("http://evil.example")',
  "<script>alert(1)</script>",
  "a | b\nc",
  "\u001b[2J`x`",
  "@SUM(A1)",
  "https://evil.example ~~x~~ &lt;",
] as const;

const row = (tool: string): FigureRow => ({
  of: { server: "web", tool },
  permitted: 5,
  denied: 1,
  ok: 4,
  failed: 1,
  durations_ms: [1, 2.04, 3],
});

const report = (): Promise<Report> =>
  makeReport(
    {
      kind: "audit",
      url: "http://127.0.0.1:8000",
      figures: async () => ({ rows: HOSTILE.map(row), truncated: false }),
      costs: () => null,
    },
    3_600_000,
    new Date("2026-11-28T10:00:00Z"),
  );

describe("a report of names that callers chose [CLI-2]", () => {
  test("holds no formula in CSV, and each row is one record", async () => {
    const csv = csvReport(await report());
    expect(csv).not.toMatch(/(^|,)"?[=@+-]/m);
    expect(csv).toContain(`tools,web,"'=HYPERLINK(""http://evil.example"")",5,1,4,1,1,2,3\r\n`);
    expect(csv).toContain('tools,web,"a | b\nc",5,');
  });

  test("holds no markup in HTML, and no control characters", async () => {
    const html = htmlReport(await report());
    expect(html).toContain("<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>");
    expect(html).not.toContain("<script");
    expect(html).not.toContain("\u001b");
  });

  test("holds no further cell in Markdown", async () => {
    const lines = markdownReport(await report()).split("\n");
    const cells = lines
      .filter((line) => line.startsWith("| web"))
      .map((line) => line.match(/(?<!\\)\|/g)?.length);
    expect(new Set(cells)).toEqual(new Set([10]));
    expect(lines.join("\n")).toContain("a \\| b c");
    expect(lines.join("\n")).toContain("https\\://evil.example \\~\\~x\\~\\~ \\&lt;");
  });

  test("says in a sentence what is in it", async () => {
    expect(markdownReport(await report())).toContain(
      "In the 1h before 2026-11-28T10:00:00.000Z: calls permitted: 30, denied: 6, ended well: 24, failed: 6. From the audit log at http://127.0.0.1:8000.",
    );
  });
});
