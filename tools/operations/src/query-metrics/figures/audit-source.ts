import { formatDuration } from "@sark/observability/forms";
import type { GatewayClient } from "../../gateway-client/client.ts";
import type { FigureRow, FigureSource, FiguresQuery } from "./figures.ts";
import { responses } from "../../gateway-client/responses.ts";
import { usableNumber } from "./usable-number.ts";

const MAX_ROWS = 1_000;
/** A column of the audit log, and what figures call it. */
const NAMES = {
  server_name: "server",
  tool_name: "tool",
  tenant_id: "tenant",
  user_id: "user",
  agent_id: "agent",
  outcome: "outcome",
  reason: "reason",
} as const;

/** Figures out of the audit log, which the gateway counts: exact, of all replicas, for as long as the log goes back. */
export function createAuditSource(gateway: GatewayClient): FigureSource {
  return {
    kind: "audit",
    url: gateway.url,
    async figures({ by, last, percentiles, server, tool }: FiguresQuery) {
      const query = new URLSearchParams({
        by,
        last: formatDuration(last),
        limit: String(MAX_ROWS),
        ...(percentiles.length > 0 && { percentiles: percentiles.join(",") }),
        ...(server === undefined ? {} : { server }),
        ...(tool === undefined ? {} : { tool }),
      });
      const summary = await gateway.call("GET", `audit/summary?${query.toString()}`, responses.callSummary);
      return { rows: summary.rows.map((row) => toFigures(row, gateway.url)), truncated: summary.truncated };
    },
    costs: () => null,
  };
}

type Row = ReturnType<Awaited<ReturnType<typeof responses.callSummary>>["parse"]>["rows"][number];

function toFigures(row: Row, url: string): FigureRow {
  const { permitted, denied, ok, failed, durations } = row;
  const of = Object.entries(NAMES).flatMap(([column, name]) => {
    const value = row[column as keyof typeof NAMES];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  return {
    of: Object.fromEntries(of),
    permitted,
    denied,
    ok,
    failed,
    durations_ms:
      durations === null
        ? null
        : durations.percentiles.map(({ ms }) => usableNumber(ms, String(ms), `The gateway at ${url}`)),
  };
}
