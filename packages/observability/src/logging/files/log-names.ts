import { LEVELS } from "../levels.ts";
import type { LineKind } from "../destination.ts";

/** `application` has every line; the others repeat what must be found, and kept, apart from it. */
export const LOG_NAMES = ["application", "exceptions", "security-audit"] as const;
/**
 * `application` has every line, `exceptions` those of level error and fatal, `security-audit` those of its children.
 */
export type LogName = (typeof LOG_NAMES)[number];

/** Whether a line belongs to a log: `exceptions` has errors and fatal ones, with their stacks and causes. */
export function belongsTo(name: LogName, { level, securityAudit }: LineKind): boolean {
  switch (name) {
    case "application":
      return true;
    case "exceptions":
      return LEVELS[level] >= LEVELS.error;
    case "security-audit":
      return securityAudit;
  }
}
