import { writeText } from "../../terminal/write-text.ts";
import type { ToolContext } from "../../tool-context.ts";
import { EXIT_CODES, figureFlags, openSource, type SourceFlags } from "../asking/source-flags.ts";
import { csvReport } from "./csv-report.ts";
import { htmlReport } from "./html-report.ts";
import { markdownReport } from "./markdown-report.ts";
import { makeReport, type Report } from "./make-report.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";

interface ReportFlags extends Omit<SourceFlags, "json"> {
  readonly format: Format;
}

const FORMATS = {
  json: (report: Report) => jsonLine(report),
  csv: csvReport,
  markdown: markdownReport,
  html: htmlReport,
} as const;
type Format = keyof typeof FORMATS;

const { json: _, last, ...flags } = figureFlags;

export const reportCommand = defineCommand<ReportFlags>({
  run: report,
  parameters: {
    flags: {
      ...flags,
      last: { ...last, default: "24h" },
      format: {
        kind: "enum",
        values: Object.keys(FORMATS) as Format[],
        default: "markdown",
        brief: "Of the report",
      },
    },
  },
  output: {
    shape: "object",
    asked: ["--format", "json"],
    schema: async () => (await import("../output/schemas.ts")).reportOutput,
  },
  docs: {
    examples: [
      "query-metrics report --format json > report.json",
      "query-metrics report --format html --last 7d > report.html",
      "query-metrics report --format csv > report.csv",
    ],
    exitCodes: EXIT_CODES,
  },
});

async function report(this: ToolContext, flags: ReportFlags): Promise<void> {
  const source = await openSource({ ...flags, json: true }, this);
  const made = await makeReport(source, flags.last, new Date());
  await writeText(this.process.stdout, FORMATS[flags.format](made));
}
