import type { AuditReader, TimedCounts } from "@sark/audit/store";
import type { Caller } from "../../domain/governance.ts";
import { tenantScope } from "../access/tenant-scope.ts";
import { asked } from "../audit/failures.ts";
import { windowOf } from "../parameters/time-window.ts";
import type { ToolStatsQuery } from "./parameters.ts";
import type { ToolStatsShown } from "./responses.ts";

export type ToolsApi = ReturnType<typeof createToolsApi>;

/** `/admin/v1/tools/stats`: what is called, how it ends and how long it takes, by the audit log. */
export function createToolsApi({ reader }: { readonly reader: Pick<AuditReader, "toolStats"> }) {
  return {
    /** Leaves no record: it holds figures, and nothing of who called. */
    async stats(query: ToolStatsQuery, { principal }: Caller): Promise<ToolStatsShown> {
      const { server, tool, limit } = query;
      const window = windowOf(query, Date.now());
      const tenant = tenantScope(principal);
      const { tools, total, truncated } = await asked(() =>
        reader.toolStats({
          ...window,
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
        tools: tools.map((one) => ({ server: one.server, tool: one.tool, ...show(one) })),
        truncated,
      };
    },
  };
}

function show(counts: TimedCounts) {
  return {
    permitted: counts.permitted,
    denied: counts.denied,
    rate_limited: counts.rateLimited,
    ok: counts.ok,
    failed: counts.failed,
    cancelled: counts.cancelled,
    input_required: counts.inputRequired,
    elsewhere: counts.elsewhere,
    duration_ms: counts.durations === null ? null : { ...counts.durations },
  };
}
