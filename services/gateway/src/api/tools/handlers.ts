import type { AuditReader, SummaryRow } from "@sark/audit/store";
import type { Caller } from "../../domain/governance.ts";
import { tenantScope } from "../access/tenant-scope.ts";
import { asked } from "../audit/failures.ts";
import { showCounts } from "../figures/call-counts.ts";
import { windowOf } from "../parameters/time-window.ts";
import type { ToolStatsQuery } from "./parameters.ts";
import type { ToolStatsShown } from "./responses.ts";

const PERCENTILES = [50, 95, 99] as const;

export type ToolsApi = ReturnType<typeof createToolsApi>;

/** `/admin/v1/tools/stats`: what is called, how it ends and how long it takes, by the audit log. */
export function createToolsApi({ reader }: { readonly reader: Pick<AuditReader, "callSummary"> }) {
  return {
    /** Leaves no record: it holds figures, and nothing of who called. */
    async stats(query: ToolStatsQuery, { principal }: Caller): Promise<ToolStatsShown> {
      const { server, tool, limit } = query;
      const window = windowOf(query, Date.now());
      const tenant = tenantScope(principal);
      const { rows, total, truncated } = await asked(() =>
        reader.callSummary({
          ...window,
          by: "tool",
          percentiles: PERCENTILES,
          limit,
          ...(server === undefined ? {} : { server }),
          ...(tool === undefined ? {} : { tool }),
          ...(tenant === null ? {} : { tenant }),
        }),
      );
      return {
        from: new Date(window.from).toISOString(),
        to: new Date(window.to).toISOString(),
        total: show(total),
        tools: rows.map((row) => ({
          server: row.of.server_name ?? null,
          tool: row.of.tool_name ?? "",
          ...show(row),
        })),
        truncated,
      };
    },
  };
}

function show(row: SummaryRow) {
  const [p50 = 0, p95 = 0, p99 = 0] = row.durations?.percentiles ?? [];
  return {
    ...showCounts(row),
    duration_ms: row.durations === null ? null : { p50, p95, p99, max: row.durations.max },
  };
}
