import { SENSITIVITY_LEVELS, type Sensitivity } from "../domain/authorization.ts";

/** How delicate a tool, resource or prompt of one server is; `null` asks for the server itself. */
export type SensitivityOf = (target: string | null) => Sensitivity;

/**
 * An exact name wins; else the strictest of the patterns that match, where `*` stands for any
 * characters; else the server's own level.
 */
export function createSensitivity(
  level: Sensitivity,
  tools: Readonly<Record<string, Sensitivity>>,
): SensitivityOf {
  const exact = new Map(Object.entries(tools));
  const patterns = Object.entries(tools).filter(([pattern]) => pattern.includes("*"));
  return (target) => {
    if (target === null) {
      return level;
    }
    const named = exact.get(target);
    if (named !== undefined) {
      return named;
    }
    const matching = patterns
      .filter(([pattern]) => matches(pattern, target))
      .map(([, sensitivity]) => sensitivity);
    return SENSITIVITY_LEVELS.findLast((candidate) => matching.includes(candidate)) ?? level;
  };
}

/** Without regular expressions, so that no pattern can be slow on a long name. */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split("*");
  const first = parts.shift() ?? "";
  const last = parts.pop() ?? "";
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) {
    return false;
  }
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > text.length - last.length) {
      return false;
    }
    at = found + part.length;
  }
  return true;
}
