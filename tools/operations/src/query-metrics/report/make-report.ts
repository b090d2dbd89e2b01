import type { FigureRow, FigureSource } from "../figures/figures.ts";

/** What a report holds, whatever it is written as. Members are added, never renamed. */
export interface Report {
  readonly generated_at: string;
  readonly source: FigureSource["kind"];
  readonly url: string;
  readonly last_seconds: number;
  readonly totals: {
    readonly permitted: number;
    readonly denied: number;
    readonly ok: number;
    readonly failed: number;
  };
  readonly percentiles: readonly number[];
  readonly sections: readonly ReportSection[];
}

export interface ReportSection {
  readonly name: "tools" | "outcomes" | "denials" | "users";
  readonly title: string;
  /** What the calls of a row have in common, in the order of its columns. */
  readonly names: readonly string[];
  /** Those with the most calls first. */
  readonly rows: readonly FigureRow[];
  readonly truncated: boolean;
}

const PERCENTILES = [50, 95, 99] as const;
const MAX_ROWS = 50;
const SECTIONS = [
  { name: "tools", title: "Tools", by: "tool" },
  { name: "outcomes", title: "How calls ended", by: "outcome" },
  { name: "denials", title: "What was denied", by: "reason" },
  { name: "users", title: "Users", by: "user" },
] as const;

export async function makeReport(source: FigureSource, last: number, now: Date): Promise<Report> {
  const all = await Promise.all(
    SECTIONS.map(async ({ by }) =>
      source.figures({ by, last, percentiles: by === "tool" ? PERCENTILES : [] }),
    ),
  );
  const sections = SECTIONS.map(({ name, title }, at): ReportSection => {
    const { rows = [], truncated = false } = all[at] ?? {};
    const wanted = rows.filter((row) =>
      name === "denials" ? (row.denied ?? 0) > 0 : name !== "outcomes" || row.of["outcome"] !== undefined,
    );
    return {
      name,
      title,
      names: [...new Set(wanted.flatMap(({ of }) => Object.keys(of)))],
      rows: wanted.toSorted((one, other) => weight(other) - weight(one)).slice(0, MAX_ROWS),
      truncated: truncated || wanted.length > MAX_ROWS,
    };
  });
  const tools = all[0]?.rows ?? [];
  const total = (value: (row: FigureRow) => number | null): number =>
    tools.reduce((sum, row) => sum + (value(row) ?? 0), 0);
  return {
    generated_at: now.toISOString(),
    source: source.kind,
    url: source.url,
    last_seconds: last / 1_000,
    totals: {
      permitted: total((row) => row.permitted),
      denied: total((row) => row.denied),
      ok: total((row) => row.ok),
      failed: total((row) => row.failed),
    },
    percentiles: PERCENTILES,
    sections,
  };
}

/** How much a row is about. */
export function weight({ permitted, denied, ok, failed }: FigureRow): number {
  return Math.max((permitted ?? 0) + (denied ?? 0), (ok ?? 0) + (failed ?? 0));
}
