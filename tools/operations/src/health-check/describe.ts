import { formatSeconds } from "../terminal/duration.ts";
import type { Style } from "../terminal/style.ts";
import { formatTable, type Column } from "../terminal/table.ts";
import type { HealthReport, ShownComponent } from "./report.ts";
import { oneLine } from "../terminal/printable.ts";

/** In one line, which is what monitoring systems show: the status first. */
export function describeInLine(report: HealthReport, style: Style): string {
  const { status, gateway, version, uptime_seconds: uptime, message } = report;
  const facts = [
    gateway,
    ...(version === null ? [] : [`version ${version}`]),
    ...(uptime === null ? [] : [`up ${formatSeconds(uptime)}`]),
    ...(message === null ? [] : [message]),
  ];
  return `${paintFor(status, style)(status)}: ${oneLine(facts.join(", "))}`;
}

/** The line, and below it the components that are not well; all of them, with what they say, when `verbose`. */
export function describeHealth(
  report: HealthReport,
  options: { readonly style: Style; readonly verbose: boolean; readonly columns: number },
): string {
  const { style, verbose, columns } = options;
  const shown = report.components.filter(({ status }) => verbose || status !== "ok");
  const line = `${describeInLine(report, style)}\n`;
  if (shown.length === 0) {
    return line;
  }
  const table = verbose
    ? fitting(
        columns,
        [statusColumn(style), nameColumn, tookColumn, requiredColumn, checkedColumn(report)],
        shown,
      )
    : [statusColumn(style), nameColumn];
  const said = shown.flatMap((one) =>
    says(one, verbose).map((text) => `${oneLine(`${one.name}: ${text}`)}\n`),
  );
  return `${line}${formatTable(table, shown, style)}${said.join("")}`;
}

/** One line that says everything, for output that is appended to. */
export function describeOnce(report: HealthReport, style: Style): string {
  const ill = report.components.filter(({ status }) => status !== "ok");
  const reasons = ill.map(
    ({ name, status, message }) => `${name} ${status}${message === null ? "" : ` (${message})`}`,
  );
  return `${report.checked_at} ${describeInLine(report, style)}${oneLine(reasons.map((text) => `; ${text}`).join(""))}\n`;
}

function says({ message, details }: ShownComponent, verbose: boolean): string[] {
  const facts = Object.entries(details ?? {}).flatMap(([name, value]) =>
    ["string", "number", "boolean"].includes(typeof value) ? [`${name} ${String(value)}`] : [],
  );
  return [...(message === null ? [] : [message]), ...(verbose && facts.length > 0 ? [facts.join(", ")] : [])];
}

function paintFor(status: HealthReport["status"], style: Style): (text: string) => string {
  return status === "ok" ? style.good : style.bad;
}

const nameColumn: Column<ShownComponent> = { title: "COMPONENT", value: ({ name }) => name };
const tookColumn: Column<ShownComponent> = {
  title: "TOOK",
  align: "right",
  value: ({ latency_ms: took }) => (took === null ? "-" : `${Math.round(took)} ms`),
};
const requiredColumn: Column<ShownComponent> = {
  title: "REQUIRED",
  value: ({ required }) => (required ? "yes" : "no"),
};

function statusColumn(style: Style): Column<ShownComponent> {
  return {
    title: "STATUS",
    value: ({ status }) => status,
    paint: ({ status }) => paintFor(status, style),
  };
}

/** By this machine's clock, which may be another than the gateway's: what lies ahead was checked now. */
function checkedColumn({ checked_at: now }: HealthReport): Column<ShownComponent> {
  return {
    title: "CHECKED",
    align: "right",
    value: ({ last_checked: at }) =>
      at === null
        ? "never"
        : `${formatSeconds(Math.max(0, Math.round((Date.parse(now) - Date.parse(at)) / 1_000)))} ago`,
  };
}

/** As many of the columns, the first ones first, as there is room for. */
function fitting(
  room: number,
  columns: readonly Column<ShownComponent>[],
  rows: readonly ShownComponent[],
): readonly Column<ShownComponent>[] {
  const widths = columns.map(({ title, value }) =>
    Math.max(title.length, ...rows.map((row) => value(row).length)),
  );
  let width = -2;
  return columns.filter((_, at) => (width += (widths[at] ?? 0) + 2) <= room || at < 2);
}
