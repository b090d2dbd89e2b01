/** Lines kept, and characters of each. */
const MAX_LINES = 12;
const MAX_CHARACTERS = 300;

/** The last that a program said on stderr, bounded. */
export interface StderrTail {
  add(line: string): void;
  lines(): readonly string[];
}

export function createStderrTail(): StderrTail {
  const kept: string[] = [];
  return {
    add: (line) => {
      kept.push(line.length > MAX_CHARACTERS ? `${line.slice(0, MAX_CHARACTERS)}…` : line);
      if (kept.length > MAX_LINES) {
        kept.shift();
      }
    },
    lines: () => [...kept],
  };
}

const TELLS =
  /\b(?:\w*(?:error|exception)|fatal|panic|cannot|can't|could not|not found|no such|denied|refused|missing|required|invalid|failed|usage)\b/i;
/** Frames of stacks and the like, which stand around what is worth reading. */
const AROUND = /^\s*(?:at\s|File\s"|Traceback\b|Node\.js\sv|\^+\s*$|\}\s*$|throw\s|code:\s)/;

/** The line of a tail that says most likely what went wrong; `null` when nothing was said. */
export function tellingLine(lines: readonly string[]): string | null {
  const candidates = lines.map((line) => line.trim()).filter((line) => line !== "" && !AROUND.test(line));
  return candidates.findLast((line) => TELLS.test(line)) ?? candidates.at(-1) ?? lines.at(-1) ?? null;
}
