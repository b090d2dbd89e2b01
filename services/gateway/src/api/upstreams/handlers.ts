import type { ComponentReport, Health } from "@sark/observability/health";
import type { Sensitivity } from "../../domain/authorization.ts";
import type { UpstreamRecord } from "../../telemetry/upstream-records.ts";
import type { UpstreamsShown } from "./responses.ts";

export type UpstreamsApi = ReturnType<typeof createUpstreamsApi>;

interface Figures {
  readonly size: number;
  readonly inUse: number;
  readonly waiting: number;
  readonly limit: number;
}

/** `/admin/v1/upstreams`: the MCP servers of this replica's configuration, and how they stand. */
export function createUpstreamsApi(deps: {
  readonly upstreams: {
    list(): readonly {
      readonly upstream: {
        readonly name: string;
        readonly transport: "tcp" | "pipe";
        stats(): Readonly<Record<string, Figures>>;
      };
      readonly description: string;
      sensitivity(target: string | null): Sensitivity;
    }[];
  };
  readonly health: Pick<Health, "components">;
  /** What happened at each since the start. */
  readonly records: { of(upstream: string): UpstreamRecord };
}) {
  const { upstreams, health, records } = deps;
  return {
    /** Leaves no record: it holds no events. */
    list(): UpstreamsShown {
      const reports = new Map(health.components().map((one) => [one.name, one]));
      return {
        upstreams: upstreams.list().map(({ upstream, description, sensitivity }) => {
          const { name, transport } = upstream;
          const kind = transport === "tcp" ? ("http" as const) : ("stdio" as const);
          return {
            name,
            description,
            kind,
            sensitivity: sensitivity(null),
            ...healthOf(reports.get(`upstream:${name}`)),
            pools: poolsOf(upstream.stats()),
            ...showRecord(records.of(name), kind),
          };
        }),
      };
    },
  };
}

function healthOf(report: ComponentReport | undefined) {
  return {
    status: report?.status ?? ("unknown" as const),
    message: report?.message ?? null,
    last_checked: report?.last_checked ?? null,
    last_success: report?.last_success ?? null,
    last_failure: report?.last_failure ?? null,
    consecutive_failures: report?.consecutive_failures ?? 0,
  };
}

function poolsOf(stats: Readonly<Record<string, Figures>>) {
  return Object.fromEntries(
    Object.entries(stats).map(([name, { size, inUse, waiting, limit }]) => [
      name,
      { size, in_use: inUse, waiting, limit },
    ]),
  );
}

function showRecord(
  { errors, lastError, started, crashed, lastExit }: UpstreamRecord,
  kind: "http" | "stdio",
) {
  return {
    errors,
    last_error: lastError === null ? null : { ...lastError, at: new Date(lastError.at).toISOString() },
    processes:
      kind === "http"
        ? null
        : {
            started,
            crashed,
            last_exit: lastExit === null ? null : { ...lastExit, at: new Date(lastExit.at).toISOString() },
          },
  };
}
