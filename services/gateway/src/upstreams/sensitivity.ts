import { SENSITIVITY_LEVELS, type Sensitivity } from "../domain/authorization.ts";
import { foldName } from "@sark/json";

/** How delicate a tool, resource or prompt of one server is; `null` asks for the server itself. */
export type SensitivityOf = (target: string | null) => Sensitivity;

/** Longer ones are no tools that could be called, and folding takes its time for each character. */
const MAX_FOLDED = 256;

/**
 * An exact name wins; else the strictest of the patterns that match, where `*` stands for any characters; else the
 * server's own level. A name that is alike to one that is stricter (but for case, normalisation and what cannot be seen)
 * is as strict.
 */
export function createSensitivity(
  level: Sensitivity,
  tools: Readonly<Record<string, Sensitivity>>,
): SensitivityOf {
  const exact = new Map(Object.entries(tools));
  const patterns = Object.entries(tools).map(([pattern, sensitivity]) => ({
    pattern,
    folded: pattern.split("*").map(fold).join("*"),
    sensitivity,
  }));
  return (target) => {
    if (target === null) {
      return level;
    }
    const named = exact.get(target);
    if (named !== undefined) {
      return named;
    }
    if (patterns.length === 0) {
      return level;
    }
    const matching = patterns.filter(({ pattern }) => matches(pattern, target));
    const folded = fold(target);
    const alike = patterns.filter((pattern) => matches(pattern.folded, folded));
    return (
      strictest([
        strictest(matching.map(({ sensitivity }) => sensitivity)) ?? level,
        ...alike.map(({ sensitivity }) => sensitivity),
      ]) ?? level
    );
  };
}

function strictest(levels: readonly Sensitivity[]): Sensitivity | undefined {
  return SENSITIVITY_LEVELS.findLast((candidate) => levels.includes(candidate));
}

function fold(name: string): string {
  return name.length <= MAX_FOLDED ? foldName(name) : name.toLowerCase();
}

/** Without regular expressions, so that no pattern can be slow on a long name. */
function matches(pattern: string, text: string): boolean {
  if (!pattern.includes("*")) {
    return pattern === text;
  }
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
