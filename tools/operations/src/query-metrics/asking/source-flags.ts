import { formatDuration, parseDuration } from "@sark/observability/forms";
import { jsonFlag, nameFlag } from "../../flags.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { chosenProfile, openGateway } from "../../gateway-client/client.ts";
import type { ToolContext } from "../../tool-context.ts";
import { createAuditSource } from "../figures/audit-source.ts";
import type { FigureSource } from "../figures/figures.ts";
import { createPrometheusSource } from "../figures/prometheus-source.ts";

/** Flags of every command that asks for figures. */
export interface SourceFlags extends ClientFlags {
  readonly last: number;
  readonly prometheus?: string;
  readonly json: boolean;
}

export const figureFlags = {
  ...clientFlags,
  last: {
    kind: "parsed",
    parse: parseDuration,
    default: "1h",
    placeholder: "TIME",
    brief: "How far back, from 1m to 31d",
  },
  prometheus: {
    kind: "parsed",
    parse: (value: string) => value,
    optional: true,
    placeholder: "URL",
    brief:
      "Ask this Prometheus; default that of the profile or PROMETHEUS_URL, else the audit log of the gateway",
  },
  json: jsonFlag,
} as const;

export const callFlags = {
  server: nameFlag("Calls to this server alone"),
  tool: nameFlag("Calls of this tool alone"),
} as const;

export interface CallFlags {
  readonly server?: string;
  readonly tool?: string;
}

/** Prometheus where one is configured, the audit log of the gateway where none is. */
export async function openSource(flags: SourceFlags, context: ToolContext): Promise<FigureSource> {
  const { env } = context.process;
  const profile = chosenProfile(flags, env);
  const prometheus =
    flags.prometheus ?? (profile === null ? env["PROMETHEUS_URL"] || undefined : profile.prometheus);
  if (prometheus === undefined) {
    return createAuditSource(openGateway(flags, context));
  }
  const { openPrometheus } = await import("../figures/prometheus-client.ts");
  return createPrometheusSource(openPrometheus(prometheus, env));
}

/** Where figures are from, and of which time, as people read it. */
export function describeSource({ kind, url }: FigureSource, last: number): string {
  const from = kind === "prometheus" ? "Prometheus" : "The audit log";
  return `${from} at ${url}, the last ${formatDuration(last)}:\n`;
}

/** The same for `--json`. */
export function sourceJson({ kind, url }: FigureSource, last: number) {
  return { source: kind, url, last_seconds: last / 1_000 };
}

export const EXIT_CODES = {
  0: "it is shown",
  2: "the command line is wrong",
  3: "the source cannot be asked, or refuses",
} as const;
