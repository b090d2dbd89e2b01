import type * as cog from "@grafana/grafana-foundation-sdk/cog";
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  type DashboardLink,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { RUNBOOKS, runbookUrl } from "../../rules/runbook-url.ts";

export type Link = cog.Builder<DashboardLink>;

/** Of the list that `GET /api/v1/audit/events` takes. Values may have variables of Grafana. */
type AuditFilter = Partial<
  Record<"user_id" | "server" | "tool" | "decision" | "event_type" | "outcome" | "tenant", string>
>;

/** The section of an alert, on the page that the variable `runbooks` has the start of. */
export function runbook(alert: string): Link {
  return link(`Runbook: ${alert}`, `\${runbooks}/${runbookUrl(alert)}`);
}

export function allRunbooks(): Link {
  return link("Runbooks", `\${runbooks}/${RUNBOOKS}`);
}

/** The events behind a panel, in its time range, from the gateway that the variable `gateway` names. */
export function auditEvents(title: string, filter: AuditFilter): Link {
  const parameters = [
    ...Object.entries(filter),
    ["from", "${__from:date:iso}"],
    ["to", "${__to:date:iso}"],
  ].map(([name = "", value = ""]) => `${name}=${value}`);
  return link(title, `\${gateway}/api/v1/audit/events?${parameters.join("&")}`);
}

/** Traces in the panel's time range, in the Tempo that the variable `traces` chooses. @param query TraceQL */
export function traces(title: string, query: string): Link {
  const panes = {
    traces: {
      datasource: "${traces}",
      queries: [{ refId: "A", queryType: "traceql", query, limit: 20 }],
      range: { from: "${__from}", to: "${__to}" },
    },
  };
  // Variables stay readable for Grafana, all else is encoded.
  const encoded = encodeURIComponent(JSON.stringify(panes)).replaceAll(
    /%24%7B(.*?)%7D/g,
    (_all, name: string) => `\${${decodeURIComponent(name)}}`,
  );
  return link(title, `/explore?schemaVersion=1&panes=${encoded}`);
}

/** Every dashboard with this tag, as a menu. */
export function otherDashboards(tag: string): Link {
  return new DashboardLinkBuilder("Dashboards")
    .type(DashboardLinkType.Dashboards)
    .tags([tag])
    .icon("dashboard")
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true);
}

function link(title: string, url: string): Link {
  return new DashboardLinkBuilder(title)
    .type(DashboardLinkType.Link)
    .icon("external link")
    .url(url)
    .targetBlank(true);
}
