import { cellsOf } from "./cells.ts";
import type { Report } from "./make-report.ts";
import { headline } from "./headline.ts";
import { oneLine } from "../../terminal/printable.ts";

export function markdownReport(report: Report): string {
  const sections = report.sections.map((section) => {
    const { titles, cells } = cellsOf(report, section);
    const line = (values: readonly (string | number | null)[]) => `| ${values.map(cell).join(" | ")} |\n`;
    const table =
      cells.length === 0
        ? "Nothing.\n"
        : `${line(titles)}|${titles.map(() => " --- |").join("")}\n${cells.map(line).join("")}`;
    return `\n## ${section.title}\n\n${table}${section.truncated ? "\nThere are more.\n" : ""}`;
  });
  return `# Calls of tools\n\n${headline(report)}\n${sections.join("")}`;
}

/** Text that can neither end its cell nor be markup. */
function cell(value: string | number | null): string {
  return typeof value === "string"
    ? oneLine(value).replace(/[\\`*_[\]<>|!#~&:@]/g, "\\$&")
    : (value?.toLocaleString("en-US") ?? "-");
}
