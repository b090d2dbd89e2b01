import { textField, type LogEntry } from "../scan/entry.ts";

/** Errors that tell of the same thing. */
export interface ErrorGroup {
  readonly component: string;
  readonly level: string;
  /** Message and type of the error, with `…` for what differs from one to the next. */
  readonly kind: string;
  count: number;
  first: string | null;
  last: string | null;
  /** To look at one of them with `trace`. */
  readonly example_request_id: string | null;
}

export interface ErrorGroups {
  add(entry: LogEntry): void;
  /** The most frequent first. */
  all(): readonly ErrorGroup[];
  counted(): number;
  /** Whether there were more kinds than are kept: those beyond are counted together. */
  overflowed(): boolean;
}

const MAX_GROUPS = 10_000;
const MAX_KIND_CHARACTERS = 300;
const OTHER = "(further kinds)";

export function createErrorGroups(): ErrorGroups {
  const groups = new Map<string, ErrorGroup>();
  let counted = 0;
  let overflowed = false;
  return {
    add(entry) {
      counted += 1;
      let described = describe(entry);
      if (!groups.has(keyOf(described)) && groups.size >= MAX_GROUPS) {
        overflowed = true;
        described = { component: "-", level: "-", kind: OTHER };
      }
      const time = entry.at === null ? null : new Date(entry.at).toISOString();
      const group = groups.get(keyOf(described));
      if (group === undefined) {
        groups.set(keyOf(described), {
          ...described,
          count: 1,
          first: time,
          last: time,
          example_request_id: textField(entry, "correlation_id"),
        });
      } else {
        group.count += 1;
        group.first ??= time;
        group.last = time ?? group.last;
      }
    },
    all: () => [...groups.values()].toSorted((a, b) => b.count - a.count),
    counted: () => counted,
    overflowed: () => overflowed,
  };
}

function describe(entry: LogEntry): Pick<ErrorGroup, "component" | "level" | "kind"> {
  const { type, code } = Object(entry.record?.["error"]) as {
    readonly type?: unknown;
    readonly code?: unknown;
  };
  const named = [type, code, textField(entry, "error_type")].filter(
    (name): name is string => typeof name === "string",
  );
  const message = kindOf(textField(entry, "message") ?? entry.line);
  return {
    component: textField(entry, "component") ?? "-",
    level: textField(entry, "level") ?? "-",
    kind: [message, ...(named.length > 0 ? [`(${[...new Set(named)].join(", ")})`] : [])].join(" "),
  };
}

function keyOf({ component, level, kind }: Pick<ErrorGroup, "component" | "level" | "kind">): string {
  return JSON.stringify([component, level, kind]);
}

/** A message with `…` in place of what is of one occurrence: quoted texts, ids, addresses and numbers. */
function kindOf(message: string): string {
  return message
    .slice(0, MAX_KIND_CHARACTERS)
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22,27}/gi, "…")
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b/gi, "…")
    .replace(/\d+(?:[.:]\d+)*/g, "…");
}
