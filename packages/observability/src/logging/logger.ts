import { isSpanContextValid, trace } from "@opentelemetry/api";
import { pino, type Logger as PinoLogger } from "pino";
import { currentContext, type LogContext } from "./context.ts";
import { openDestination, type Destination, type LineKind, type StandardOutput } from "./destination.ts";
import { createLevelTable, LEVELS, type Level, type LogLevels } from "./levels.ts";
import { createSampler, type SampledOut, type SamplingOptions } from "./sampling.ts";
import { createSanitizer, type CleanRecord, type SanitizedLine } from "./sanitize.ts";
import { escapeControls } from "../lines/escape-controls.ts";
import { scanLine } from "../redaction/secret-patterns.ts";
import { serializeError } from "./serialize-error.ts";
import type { StandardStreamObserver } from "./standard-streams/observer.ts";

/** What a call puts on its line: the contract's fields, and others beside them. */
export interface LogFields extends LogContext {
  readonly duration_ms?: number | undefined;
  /** Anything thrown; becomes `{type, code, message, stack, cause}`. */
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

type Write = (fields: LogFields, message: string) => void;

/** Writes JSON lines. No call throws, whatever it is given. */
export interface Logger extends Readonly<Record<Level, Write>> {
  /**
   * The same log under another component's name; children of one component share its level. Lines of
   * `log: "security-audit"` say so and go into that log, too.
   */
  child(bindings: { readonly component: string; readonly log?: "security-audit" }): Logger;
  /** From which level on a component is written, from now on; `*` is all of them. Throws `RangeError` on an unknown level. */
  setLevel(component: string, level: Level): void;
  /** From which level on lines are written now. */
  levels(): LogLevels;
  /** Lines that `fn` logs, through whichever child, leave together before this returns: one write for many lines. */
  batch(fn: () => void): void;
  /** Returns when what was logged before has been handed to the operating system. */
  flush(): void;
}

type Output = StandardOutput | Destination;

/** What every line of a logger says of its service, where the lines go, and what counts as a secret in them. */
export interface LoggerOptions {
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly level: Level;
  /** Component of lines that are not logged through a child. Default: the service's name. */
  readonly component?: string;
  /** One or several. Default: stdout. */
  readonly destination?: Output | readonly Output[];
  /** Hears of lines that standard output's reader did not take in time. */
  readonly standardOutput?: StandardStreamObserver;
  readonly secretKeys?: RegExp;
  readonly secretPatterns?: readonly RegExp[];
  /** Whether addresses of e-mail are taken out, too. Default: no. */
  readonly hideEmails?: boolean;
  /** Leaves out lines below warnings that come in great numbers, and says how many. Default: all are written. */
  readonly sampling?: SamplingOptions | undefined;
}

/** Fields that only the logger itself may write. */
const OWN_FIELDS = new Set([
  "timestamp",
  "level",
  "message",
  "service",
  "environment",
  "version",
  "component",
  "log",
]);

/** Makes a logger of JSON lines with the fields of LOG-1, from which secrets have been taken. */
export function createLogger(options: LoggerOptions): Logger {
  const { service, environment, version } = options;
  const levels = createLevelTable(options.level);
  const sanitizer = createSanitizer(options);
  // pino itself calls flushSync after each fatal line.
  const destination = openDestination([options.destination ?? "stdout"].flat(), options.standardOutput);
  /** Of the line that is just being written: pino hands on its text alone. */
  let kind: LineKind = { level: "info", securityAudit: false };
  let suspect = true;
  let fresh: readonly string[] = [];

  /** Strings recur: a line without one that is new is not looked through again. */
  function scanned(line: string): string {
    if (!suspect) {
      return line;
    }
    const shown = scanLine(line);
    if (shown === line) {
      sanitizer.scannedClean(fresh);
    }
    return shown;
  }

  /** `bindingsAreClean`: what every line of this sink has in common holds nothing to hide. */
  function write(sink: PinoLogger, own: LineKind, line: SanitizedLine, bindingsAreClean: boolean): void {
    kind = own;
    suspect = line.suspect || !bindingsAreClean;
    ({ fresh } = line);
    sink[own.level](line.fields, line.message);
  }

  const stream = {
    write: (text: string) => destination.write(text, kind),
    flushSync: destination.flushSync,
  };
  const base = pino(
    {
      level: "trace",
      base: { service, environment, version },
      messageKey: "message",
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ level: label }) },
      // Readers by lines, and terminals, must see what is there and nothing else.
      hooks: { streamWrite: (line) => escapeControls(scanned(line)).text },
    },
    stream,
  );

  const sampler = options.sampling === undefined ? null : createSampler(options.sampling, writeSampledOut);

  /** Whatever the level is by now: lines that were wanted are missing. */
  function writeSampledOut({ component, message, lines }: SampledOut): void {
    const line = sanitizer.line({ sampled_message: message, sampled_out: lines }, "lines were sampled out");
    write(base.child({ component }), { level: "info", securityAudit: false }, line, false);
  }

  function ofComponent(component: string, log?: "security-audit"): Logger {
    const sink = base.child(log === undefined ? { component } : { component, log });
    const threshold = levels.threshold(component);
    const bindings = JSON.stringify({ service, environment, version, component });
    let bindingsAreClean: boolean | undefined;
    const writer = (level: Level): Write => {
      const own: LineKind = { level, securityAudit: log === "security-audit" };
      return (fields, message) => {
        if (LEVELS[level] < threshold.rank) {
          return;
        }
        if (sampler !== null && !own.securityAudit && !sampler.admits(component, level, message)) {
          return;
        }
        const line = sanitizer.line(readFields(fields), message);
        bindingsAreClean ??= scanLine(bindings) === bindings;
        write(sink, own, line, bindingsAreClean);
      };
    };
    return {
      trace: writer("trace"),
      debug: writer("debug"),
      info: writer("info"),
      warn: writer("warn"),
      error: writer("error"),
      fatal: writer("fatal"),
      child: ({ component, log }) => ofComponent(component, log),
      setLevel: levels.set,
      levels: levels.levels,
      batch: destination.batch,
      flush() {
        sampler?.report();
        destination.flushSync();
      },
    };
  }
  return ofComponent(options.component ?? service);
}

/** Lines of the same millisecond share the text: writing a date costs as much as half a line. */
function createTimestamp(): () => string {
  let at = 0;
  let text = "";
  return () => {
    const now = Date.now();
    if (now !== at) {
      at = now;
      text = `,"timestamp":"${new Date(now).toISOString()}"`;
    }
    return text;
  };
}

/** A getter or proxy that throws must not take the line, or its caller, with it. */
function readFields(fields: LogFields): CleanRecord {
  try {
    return withContext(fields);
  } catch {
    return { ...currentContext(), unreadable_fields: true };
  }
}

/** Context first, so that lines read alike; what the call says itself wins. */
function withContext(fields: LogFields): CleanRecord {
  const span = trace.getActiveSpan()?.spanContext();
  const line: CleanRecord = { ...currentContext() };
  if (span !== undefined && isSpanContextValid(span)) {
    line["trace_id"] = span.traceId;
    line["span_id"] = span.spanId;
  }
  for (const key of Object.keys(fields)) {
    line[OWN_FIELDS.has(key) ? `field_${key}` : key] = fields[key];
  }
  const duration = line["duration_ms"];
  // Microseconds are what a clock tells; the rest is noise of the arithmetic.
  if (typeof duration === "number") {
    line["duration_ms"] = Math.round(duration * 1_000) / 1_000;
  }
  if (line["error"] !== undefined) {
    line["error"] = serializeError(line["error"]);
  }
  return line;
}
