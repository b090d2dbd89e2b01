import type { FigureRow } from "../figures/figures.ts";

/** One objective, and how calls stand to it. */
export interface Objective {
  readonly name: string;
  readonly wanted: string;
  readonly is: string;
  readonly met: boolean;
  /** Part of the failures that the objective allows and that did not happen; below 0 where more did. `null` for a duration. */
  readonly budget_left: number | null;
  readonly calls: number;
}

/** Ends of calls that are the fault of what serves them. */
const FAULTS = new Set(["upstream_error", "protocol_error", "timeout"]);
/** Ends that say nothing of it. */
const NEITHER = new Set(["denied", "rate_limited", "cancelled"]);

/** `null` where no call ended. */
export function holdAgainst(
  outcomes: readonly FigureRow[],
  tools: readonly FigureRow[],
  wanted: { readonly availability: number; readonly latencyMs: number },
): readonly Objective[] | null {
  const ended = outcomes.filter(({ of }) => of["outcome"] !== undefined && !NEITHER.has(of["outcome"]));
  const calls = sum(ended, endedCalls);
  if (calls === 0) {
    return null;
  }
  const faults = sum(
    ended.filter(({ of }) => FAULTS.has(of["outcome"] ?? "")),
    endedCalls,
  );
  const availability = 1 - faults / calls;
  const slowest = tools
    .filter(({ durations_ms: durations }) => durations !== null)
    .toSorted((one, other) => (other.durations_ms?.[0] ?? 0) - (one.durations_ms?.[0] ?? 0))[0];
  const p99 = slowest?.durations_ms?.[0] ?? null;
  return [
    {
      name: "availability",
      wanted: `${percent(wanted.availability)} of calls`,
      is: percent(availability),
      met: availability >= wanted.availability,
      budget_left: 1 - faults / (calls * (1 - wanted.availability)),
      calls,
    },
    ...(p99 === null || slowest === undefined
      ? []
      : [
          {
            name: "latency",
            wanted: `p99 of each tool up to ${wanted.latencyMs} ms`,
            is: `${p99.toFixed(1)} ms (${slowest.of["server"] ?? "-"}/${slowest.of["tool"] ?? "-"})`,
            met: p99 <= wanted.latencyMs,
            budget_left: null,
            calls,
          },
        ]),
  ];
}

/** Calls that ended so; a row of the audit log counts neither denials nor calls that run. */
function endedCalls({ of, ok, failed, permitted }: FigureRow): number {
  return FAULTS.has(of["outcome"] ?? "") || of["outcome"] === "tool_error"
    ? (failed ?? 0)
    : of["outcome"] === "ok"
      ? (ok ?? 0)
      : (permitted ?? 0);
}

function sum(rows: readonly FigureRow[], value: (row: FigureRow) => number): number {
  return rows.reduce((total, row) => total + value(row), 0);
}

function percent(part: number): string {
  return `${(part * 100).toFixed(3)} %`;
}
