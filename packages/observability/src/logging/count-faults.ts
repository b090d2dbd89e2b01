import type { Logger } from "./logger.ts";

/** What warnings and errors are counted by. */
export const FAULT_SEVERITIES = ["warning", "error", "fatal"] as const;

/** A warning or an error, whether its component's level has it written or not. */
export interface Fault {
  readonly component: string;
  /** The `error_type` that the line says; else the code of its error; `null` where it has neither. */
  readonly type: string | null;
  readonly severity: (typeof FAULT_SEVERITIES)[number];
}

/** What `countFaults` takes. */
export interface FaultCounting {
  /** Of lines that name none. */
  readonly component: string;
  count(fault: Fault): void;
  /** How an `error_type` is counted that another party may have made up. Default: as it is. */
  knownType?(said: string): string;
}

const SEVERITIES = { warn: "warning", error: "error", fatal: "fatal" } as const;

/** A logger whose warnings and errors count, whatever the levels are. */
export function countFaults(logger: Logger, counting: FaultCounting): Logger {
  const { component, count, knownType = (said) => said } = counting;
  /** The type that a line says; else the code of its error, which is the program's own. */
  function typeOf(fields: object): string | null {
    const { error_type: said, error } = fields as { readonly error_type?: unknown; readonly error?: unknown };
    if (typeof said === "string") {
      return knownType(said);
    }
    const { code } = (error ?? {}) as { readonly code?: unknown };
    return typeof code === "string" ? code : null;
  }
  const counted = (level: keyof typeof SEVERITIES): Logger["warn"] => {
    const severity = SEVERITIES[level];
    return (fields, message) => {
      count({ component, type: typeOf(fields), severity });
      logger[level](fields, message);
    };
  };
  return {
    ...logger,
    warn: counted("warn"),
    error: counted("error"),
    fatal: counted("fatal"),
    child: (bindings) => countFaults(logger.child(bindings), { ...counting, component: bindings.component }),
  };
}
