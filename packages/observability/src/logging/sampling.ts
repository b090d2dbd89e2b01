import { LEVELS, type Level } from "./levels.ts";

/** How many lines of one kind are written; a kind is a component with a message. */
export interface SamplingOptions {
  /** The first lines of a kind in a window are all written. */
  readonly first: number;
  /** Of those beyond, each one of so many is. */
  readonly thenEach: number;
  /** Length of a window, in milliseconds. */
  readonly perMs: number;
  /** Told of lines that were left out, once for each component and window. */
  onSampledOut?(component: string, lines: number): void;
}

/** Lines of one kind that were left out since the last report. */
export interface SampledOut {
  readonly component: string;
  readonly message: string;
  readonly lines: number;
}

/** Leaves out lines that come in great numbers, and says how many. Never warnings, errors, or lines of the security log. */
export interface Sampler {
  admits(component: string, level: Level, message: string): boolean;
  /** Says what was left out up to now. */
  report(): void;
}

interface Kind {
  seen: number;
  left: number;
}

/** Kinds told apart in one window; further ones of a component are one kind. */
const MAX_KINDS = 1_000;
/** Characters of a message that tell its kind. */
const MAX_MESSAGE = 200;
const FURTHER = "further messages";

export function createSampler(options: SamplingOptions, write: (left: SampledOut) => void): Sampler {
  const { first, thenEach, perMs } = checked(options);
  let components = new Map<string, Map<string, Kind>>();
  let kinds = 0;
  let endsAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;

  /** The next window begins with the next line; what this one has left out is said even if none comes. */
  function report(): void {
    clearTimeout(timer);
    timer = undefined;
    process.off("exit", report);
    const ended = components;
    components = new Map();
    kinds = 0;
    endsAt = -Infinity;
    for (const [component, messages] of ended) {
      let lines = 0;
      for (const [message, { left }] of messages) {
        if (left > 0) {
          lines += left;
          write({ component, message, lines: left });
        }
      }
      if (lines > 0) {
        options.onSampledOut?.(component, lines);
      }
    }
  }

  function kindOf(component: string, message: string): Kind {
    let messages = components.get(component);
    if (messages === undefined) {
      components.set(component, (messages = new Map()));
    }
    const name = message.length > MAX_MESSAGE ? message.slice(0, MAX_MESSAGE) : message;
    const known = messages.get(name);
    if (known !== undefined) {
      return known;
    }
    const key = kinds < MAX_KINDS ? name : FURTHER;
    const kind = messages.get(key) ?? { seen: 0, left: 0 };
    messages.set(key, kind);
    kinds += 1;
    return kind;
  }

  return {
    admits(component, level, message) {
      if (LEVELS[level] >= LEVELS.warn) {
        return true;
      }
      const now = performance.now();
      if (now >= endsAt) {
        report();
        endsAt = now + perMs;
      }
      const kind = kindOf(component, message);
      kind.seen += 1;
      if (kind.seen <= first || (kind.seen - first) % thenEach === 0) {
        return true;
      }
      kind.left += 1;
      if (timer === undefined) {
        timer = setTimeout(report, endsAt - now).unref();
        process.on("exit", report);
      }
      return false;
    },
    report,
  };
}

function checked(options: SamplingOptions): SamplingOptions {
  for (const name of ["first", "thenEach", "perMs"] as const) {
    if (!Number.isInteger(options[name]) || options[name] < 1) {
      throw new RangeError(`sampling.${name} ${options[name]}: give a whole number of at least 1`);
    }
  }
  return options;
}
