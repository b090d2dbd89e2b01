import { cellsOf } from "./cells.ts";
import type { Report } from "./make-report.ts";

/** RFC 4180: a block for each section, with its name in the first column and its titles above. */
export function csvReport(report: Report): string {
  return report.sections
    .map((section) => {
      const { titles, cells } = cellsOf(report, section);
      const lines = [["section", ...titles], ...cells.map((row) => [section.name, ...row])];
      return lines.map((line) => `${line.map(field).join(",")}\r\n`).join("");
    })
    .join("\r\n");
}

/** A spreadsheet takes a text that begins so for a formula, and callers choose names. */
const FORMULA = /^[=+\-@\t\r]/;

function field(value: string | number | null): string {
  if (typeof value !== "string") {
    return value === null ? "" : String(value);
  }
  const inert = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
