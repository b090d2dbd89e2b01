import { createAuditLog, migrate, type AuditLog } from "@sark/audit";
import { createAuditReader, type AuditReader } from "@sark/audit/store";
import { startPostgres } from "@sark/testkit";
import { AGENTS, fillHistory, requestId, SERVERS, skewed, TOOLS, USERS } from "../audit-history.ts";
import { saturate } from "../audit-load.ts";
import { withCleanup } from "../cleanup.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median, quantile } from "../statistics.ts";

const AIM_MS = 50;
const AIM_GROWTH = 0.8;
/** What the aim speaks of takes ten minutes to write; the short run shows whether anything goes wrong at all. */
const ROWS = { long: 10_000_000, short: 150_000 };

/**
 * Pages of the log by user, by tool, by request and by two of them at once, out of a history of 30 days, each as often
 * as it is used; then how fast the log grows at that size, against one that begins empty, in turn.
 */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const rows = options.long ? ROWS.long : ROWS.short;
    const postgres = await startPostgres({ settings: { max_wal_size: "4GB" } });
    defer(() => postgres.stop());
    const url = await postgres.createDatabase();
    await migrate(url);
    await fillHistory(url, rows, options.progress);
    const reader = createAuditReader({ connectionString: url });
    defer(() => reader.close());
    options.progress("asking …");
    await ask(reader, rows, { times: 25, withinMs: 3_000 });
    const most = options.long ? { times: 1_000, withinMs: 600_000 } : { times: 150, withinMs: 10_000 };
    const latencies = await ask(reader, rows, most);

    const emptyUrl = await postgres.createDatabase();
    await migrate(emptyUrl);
    const open = (connectionString: string): AuditLog => {
      const log = createAuditLog({ connectionString });
      defer(() => log.close());
      return log;
    };
    const growth = await measureGrowth(options, { full: open(url), empty: open(emptyUrl) });

    const p95s = Object.values(latencies).map((samples) => quantile(samples, 0.95));
    const worst = Math.max(...p95s);
    const figures: Record<string, number> = { rows };
    for (const [question, samples] of Object.entries(latencies)) {
      for (const [name, q] of [
        ["p50", 0.5],
        ["p95", 0.95],
        ["p99", 0.99],
      ] as const) {
        figures[`${question}_${name}_ms`] = quantile(samples, q);
      }
    }
    return {
      name: "audit-query",
      ratio: AIM_MS / worst,
      aim: `p95 of every question < ${AIM_MS} ms and appends ≥ ${AIM_GROWTH} of the empty log's rate, with ${rows.toLocaleString("en")} rows${options.long ? "" : " (the requirement's 10 million: --long)"}`,
      met: worst < AIM_MS && growth.ratio >= AIM_GROWTH,
      figures: {
        ...figures,
        growth: growth.ratio,
        events_per_second: growth.full,
        empty_events_per_second: growth.empty,
      },
    };
  });
}

/** Milliseconds of each response, by question; the questions take turns, fewer where the machine is busy. */
async function ask(
  reader: AuditReader,
  rows: number,
  most: { readonly times: number; readonly withinMs: number },
): Promise<Readonly<Record<string, readonly number[]>>> {
  const anyRequest = (): string => requestId(Math.floor((Math.random() * rows) / 2));
  const user = (): string => `user-${skewed(USERS)}`;
  const tool = (): string => `tool-${skewed(TOOLS)}`;
  const server = (): string => `server-${skewed(SERVERS)}`;
  const lastDay = (): Date => new Date(Date.now() - 86_400_000);
  const questions: Record<string, () => Promise<{ readonly events: readonly unknown[] }>> = {
    user: () => reader.events({ user_id: user() }),
    tool: () => reader.events({ tool_name: tool() }),
    user_last_day: () => reader.events({ user_id: user(), from: lastDay() }),
    user_and_tool: () => reader.events({ user_id: user(), tool_name: tool() }),
    busy_user_and_tool: () =>
      reader.events({ user_id: `user-${skewed(50)}`, tool_name: `tool-${skewed(10)}` }),
    agent_and_tool: () => reader.events({ agent_id: `agent-${skewed(AGENTS)}`, tool_name: tool() }),
    server_and_tool: () => reader.events({ server_name: server(), tool_name: tool() }),
    server_denied: () => reader.events({ server_name: server(), decision: "deny" }),
    user_denied: () => reader.events({ user_id: user(), decision: "deny" }),
    request: () => reader.events({ gateway_request_id: anyRequest() }),
  };
  const latencies: Record<string, number[]> = { next_page: [], trail: [] };
  const timed = async <T>(question: string, asked: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const response = await asked();
    (latencies[question] ??= []).push(performance.now() - started);
    return response;
  };
  const began = performance.now();
  for (let turn = 0; turn < most.times && performance.now() - began < most.withinMs; turn += 1) {
    for (const [question, asked] of Object.entries(questions)) {
      await timed(question, asked);
    }
    const filter = { user_id: `user-${skewed(200)}` };
    const { nextCursor } = await reader.events(filter);
    if (nextCursor !== null) {
      await timed("next_page", () => reader.events(filter, { cursor: nextCursor }));
    }
    const { steps } = await timed("trail", () => reader.trail(anyRequest()));
    if (steps.length === 0) {
      throw new Error("a request of the history was not found");
    }
  }
  return latencies;
}

/** Events a second of both logs, in turn: the medians, and the ratio between them. */
async function measureGrowth(
  options: BenchOptions,
  logs: { readonly full: AuditLog; readonly empty: AuditLog },
): Promise<{ readonly ratio: number; readonly full: number; readonly empty: number }> {
  const perRound = options.long ? 60_000 : 10_000;
  const rounds = options.long ? 6 : 3;
  const rates = { full: [] as number[], empty: [] as number[] };
  for (const log of [logs.full, logs.empty]) {
    await log.check(AbortSignal.timeout(10_000));
    await saturate(log, perRound / 2);
  }
  for (let round = 1; round <= rounds; round += 1) {
    options.progress(`growth, round ${round} of ${rounds} …`);
    rates.full.push(await saturate(logs.full, perRound));
    rates.empty.push(await saturate(logs.empty, perRound));
  }
  const [full, empty] = [median(rates.full), median(rates.empty)];
  return { ratio: full / empty, full, empty };
}
