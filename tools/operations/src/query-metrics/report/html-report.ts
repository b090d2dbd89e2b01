import { cellsOf } from "./cells.ts";
import { headline } from "./headline.ts";
import { weight, type Report, type ReportSection } from "./make-report.ts";

const BAR_PIXELS = 240;
const CHARTED_ROWS = 10;

/** One page without scripts, fonts or pictures from elsewhere, for a browser and for paper. */
export function htmlReport(report: Report): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Calls of tools</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1d2733; background: #fff }
h1 { font-size: 1.6rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #dde3ea; overflow-wrap: anywhere }
th { font-weight: 600; color: #5a6b7d } .n { text-align: right; white-space: nowrap }
svg text { font: 12px system-ui, sans-serif; fill: #1d2733 } .ok { fill: #2f7d4f } .bad { fill: #c23b3b }
@media (prefers-color-scheme: dark) { body { background: #14181d; color: #dfe6ee } th, td { border-color: #2c3540 } svg text { fill: #dfe6ee } }
</style>
</head>
<body>
<h1>Calls of tools</h1>
<p>${escaped(headline(report))}</p>
${report.sections.map((section) => sectionHtml(report, section)).join("\n")}
</body>
</html>
`;
}

function sectionHtml(report: Report, section: ReportSection): string {
  const { titles, cells } = cellsOf(report, section);
  if (cells.length === 0) {
    return `<h2>${escaped(section.title)}</h2>\n<p>Nothing.</p>`;
  }
  const row = (tag: "th" | "td") => (values: readonly (string | number | null)[]) =>
    `<tr>${values
      .map((value, at) => `<${tag}${at < section.names.length ? "" : ' class="n"'}>${shown(value)}</${tag}>`)
      .join("")}</tr>`;
  return `<h2>${escaped(section.title)}</h2>
${chart(section)}
<table><thead>${row("th")(titles)}</thead>
<tbody>${cells.map(row("td")).join("\n")}</tbody></table>${section.truncated ? "\n<p>There are more.</p>" : ""}`;
}

/** Bars of the first rows; what failed or was denied is the red part of each. */
function chart({ rows, title }: ReportSection): string {
  const charted = rows.slice(0, CHARTED_ROWS).filter((row) => weight(row) > 0);
  const largest = Math.max(...charted.map(weight), 1);
  const bars = charted.map((row, at) => {
    const length = Math.max(1, Math.round((weight(row) / largest) * BAR_PIXELS));
    const bad = Math.min(
      length,
      Math.round((Math.max(row.failed ?? 0, row.denied ?? 0) / largest) * BAR_PIXELS),
    );
    const name = Object.values(row.of).filter(Boolean).join(" / ").slice(0, 40);
    const y = at * 22;
    return `<text x="0" y="${y + 14}">${escaped(name)}</text><rect class="ok" x="270" y="${y + 3}" width="${length}" height="14"/><rect class="bad" x="270" y="${y + 3}" width="${bad}" height="14"/><text x="${276 + length}" y="${y + 14}">${weight(row).toLocaleString("en-US")}</text>`;
  });
  return `<svg role="img" aria-label="${escaped(title)}" width="600" height="${charted.length * 22 + 4}">${bars.join("")}</svg>`;
}

function shown(value: string | number | null): string {
  return typeof value === "string" ? escaped(value) : (value?.toLocaleString("en-US") ?? "-");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that is no markup; control characters are none of HTML's. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "").replace(/[^\P{Cc}\n\t]/gu, " ");
}
