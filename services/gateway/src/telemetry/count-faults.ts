import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { GatewayCatalog } from "./catalog.ts";
import { knownErrorType } from "./known-values.ts";

const SEVERITIES = { warn: "warning", error: "error", fatal: "fatal" } as const;
const ROOT = "sark-gateway";

/** A logger whose warnings and errors count, whether their component's level has them written or not. */
export function countFaults(logger: Logger, recorder: Recorder<GatewayCatalog>, component = ROOT): Logger {
  const counting = (level: keyof typeof SEVERITIES): Logger["warn"] => {
    const severity = SEVERITIES[level];
    return (fields, message) => {
      recorder.increment("sark_gateway_errors_total", { component, type: typeOf(fields), severity });
      logger[level](fields, message);
    };
  };
  return {
    ...logger,
    warn: counting("warn"),
    error: counting("error"),
    fatal: counting("fatal"),
    child: (bindings) => countFaults(logger.child(bindings), recorder, bindings.component),
  };
}

/** The type that a line says; else the code of its error, which is the program's own. */
function typeOf(fields: object): string | null {
  const { error_type: type, error } = fields as { readonly error_type?: unknown; readonly error?: unknown };
  if (typeof type === "string") {
    return knownErrorType(type);
  }
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === "string" ? code : null;
}
