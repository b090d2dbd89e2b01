import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { QuotaObserver } from "../quotas/contract/observer.ts";
import { createLineLimit } from "./line-limit.ts";
import type { GatewayCatalog } from "./catalog.ts";
import { PAYER_NAMES, TENANT_NAMES, USER_NAMES } from "./names.ts";
import type { QuotaCatalog } from "./quota-catalog.ts";

/** What happens to prices and budgets. */
export interface QuotaTelemetry extends QuotaObserver {
  /** Names of payers that the configuration has: they are shown by their names, however late they spend. */
  payersConfigured(names: readonly string[]): void;
  /** What the log says could not be settled; it is tried again. */
  followFailed(error: unknown): void;
  /** The record of a refused call, or of a warning, could not be kept. */
  notRecorded(error: unknown): void;
}

export function createQuotaEvents(deps: {
  readonly recorder: Recorder<QuotaCatalog> & Recorder<GatewayCatalog>;
  readonly logger: Logger;
}): QuotaTelemetry {
  const { recorder } = deps;
  const logger = deps.logger.child({ component: "quotas" });
  const lines = createLineLimit(() =>
    recorder.increment("sark_gateway_log_lines_suppressed_total", { about: "quotas" }),
  );
  /** One source must not fill the log. */
  const warn = (source: string, fields: object, text: string) =>
    lines.write(
      source,
      () => logger.warn({ ...fields }, text),
      (left) => logger.warn({ ...fields, lines: left }, `left out further lines: ${text}`),
    );
  return {
    payersConfigured(names) {
      for (const name of names) {
        recorder.introduce(PAYER_NAMES, name);
        recorder.introduce(USER_NAMES, name);
        recorder.introduce(TENANT_NAMES, name);
      }
    },
    charged({ principal, tool }, cost) {
      const { id, tenant } = principal;
      recorder.introduce(USER_NAMES, id);
      recorder.introduce(TENANT_NAMES, tenant ?? "");
      recorder.increment("sark_gateway_cost_total", { tenant: tenant ?? "", tool }, cost);
      recorder.increment("sark_gateway_user_cost_total", { user: id }, cost);
    },
    stands({ kind, name, period }, share) {
      // One series for many payers would show none of them.
      if (recorder.introduce(PAYER_NAMES, name)) {
        recorder.set("sark_gateway_quota_used_ratio", { payer: kind, name, period }, share);
      }
    },
    warned({ kind, name, tenant, period, limit, used }, level) {
      recorder.increment("sark_gateway_quota_warnings_total", { payer: kind, period, level: `${level}` });
      const fields = {
        payer: kind,
        name,
        ...(tenant === null ? {} : { tenant }),
        period,
        limit,
        used,
        level,
      };
      logger.warn(fields, `${level} % of a budget are used`);
    },
    exceeded({ principal, server, tool }, { kind, name, period, stop, limit }) {
      recorder.increment("sark_gateway_quota_exceeded_total", { payer: kind, period, stop });
      const fields = { payer: kind, name, period, limit, user: principal.id, server, tool };
      const text =
        stop === "hard" ? "refused: a call does not fit a budget" : "a call is allowed beyond a soft budget";
      warn(`${stop} ${period} ${kind} ${principal.tenant} ${name}`, fields, text);
    },
    unavailable({ principal, server, tool }, refused, error) {
      recorder.increment("sark_gateway_quota_unavailable_total", { refused: refused ? "yes" : "no" });
      const fields = { user: principal.id, server, tool, refused, error };
      warn("unavailable", fields, "the budgets of a call could not be looked at");
    },
    unreadableUnits({ server, tool }, reason) {
      recorder.increment("sark_gateway_quota_unreadable_units_total", { server, reason });
      warn(
        `units ${server}`,
        { server, tool, reason },
        "the units of a result were not charged as they stand",
      );
    },
    followFailed: (error) => logger.error({ error }, "what calls cost could not be read from the log"),
    notRecorded: (error) => logger.error({ error }, "an event about a budget could not be recorded"),
  };
}
