import { parseDuration } from "@sark/observability/forms";
import { CommandError, EXIT } from "../exit-code.ts";
import { MOMENT_FORMS, parseMoment } from "./moment.ts";
import { timeRange, type TimeRange } from "./time-range.ts";

/** Flags of every command that looks at a stretch of time. */
export interface RangeFlags {
  readonly last?: number;
  readonly since?: string;
  readonly until?: string;
}

const optional = { kind: "parsed", optional: true } as const;
const moment = (value: string) => {
  parseMoment(value, Date.now());
  return value;
};

export const rangeFlags = {
  last: {
    ...optional,
    parse: parseDuration,
    placeholder: "TIME",
    brief: "How far back from now, or from --until, such as 30s or 24h; default all there is",
  },
  since: { ...optional, parse: moment, placeholder: "TIME", brief: `From then on: ${MOMENT_FORMS}` },
  until: { ...optional, parse: moment, placeholder: "TIME", brief: "Before then; default now" },
} as const;

/** The range that the flags name; `undefined` where they name none. Throws a `CommandError` where it cannot be one. */
export function rangeOf({ last, since, until }: RangeFlags): TimeRange | undefined {
  if (last === undefined && since === undefined && until === undefined) {
    return undefined;
  }
  try {
    const now = Date.now();
    return timeRange(
      {
        ...(last === undefined ? {} : { last }),
        ...(since === undefined ? {} : { since }),
        ...(until === undefined ? {} : { until }),
      },
      now,
      now,
    );
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error;
    }
    throw new CommandError(EXIT.usage, `${error.message}.`, { cause: error });
  }
}

/** The same as a query of a gateway takes it. */
export function rangeQuery(flags: RangeFlags): Readonly<Record<string, string>> {
  const range = rangeOf(flags);
  return range === undefined
    ? {}
    : { from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString() };
}
