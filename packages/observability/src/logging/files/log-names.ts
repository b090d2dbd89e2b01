import { LEVELS } from "../levels.ts";
import type { LineKind } from "../destination.ts";

/** The logs that lines are parted into: each is in `application` or `security-audit`. */
export const LOG_NAMES = ["application", "exceptions", "security-audit"] as const;
/**
 * `security-audit` has the lines of its children, `application` all others. `exceptions` repeats those of either that are of
 * level error or fatal.
 */
export type LogName = (typeof LOG_NAMES)[number];

/** Whether a line belongs to a log. */
export function belongsTo(name: LogName, { level, securityAudit }: LineKind): boolean {
  switch (name) {
    case "application":
      return !securityAudit;
    case "exceptions":
      return LEVELS[level] >= LEVELS.error;
    case "security-audit":
      return securityAudit;
  }
}
