import { CommandError, EXIT } from "../../exit-code.ts";
import { clientFlags, type ClientFlags } from "../../gateway-client/client-flags.ts";
import { openGateway } from "../../gateway-client/client.ts";
import { parseAddress } from "../../http-source/address.ts";
import { SourceError } from "../../http-source/source-error.ts";
import { styleFor } from "../../terminal/style.ts";
import { formatTable, type Column } from "../../terminal/table.ts";
import { writeText } from "../../terminal/write-text.ts";
import type { ToolContext } from "../../tool-context.ts";
import { textField, type LogEntry } from "../scan/entry.ts";
import { fieldHint } from "../scan/field-hint.ts";
import { logPaths, readLog, sourceFlags, type SourceFlags } from "../reading/source-flags.ts";
import { inOrder, stepOfEvent, stepOfLine, stepOfSpan, type TimelineStep } from "./timeline.ts";
import { defineCommand } from "../../frame/define-command.ts";
import { jsonLine } from "../../terminal/printable.ts";
import { responses } from "../../gateway-client/responses.ts";
import { jsonFlag } from "../../flags.ts";

interface TraceFlags extends SourceFlags, ClientFlags {
  readonly requestId: string;
  readonly traces?: string;
  readonly json: boolean;
}

/** What a source gave; `null` and why where it was not asked or gave nothing usable. */
interface Asked {
  readonly steps: readonly TimelineStep[];
  readonly traceIds: readonly string[];
  readonly missing: string | null;
}

const MAX_LINES = 10_000;
const MAX_TRACES = 10;

export const traceCommand = defineCommand<TraceFlags, string[]>({
  run: trace,
  parameters: {
    flags: {
      ...sourceFlags,
      ...clientFlags,
      requestId: {
        kind: "parsed",
        parse: (value: string) => value,
        placeholder: "ID",
        brief: "Correlation id of the request: correlation_id of lines, gateway_request_id of events",
      },
      traces: {
        kind: "parsed",
        parse: (value: string) => value,
        optional: true,
        placeholder: "URL",
        brief: "Jaeger's query API, for the spans; default JAEGER_URL",
      },
      json: jsonFlag,
    },
    positional: logPaths,
  },
  output: { shape: "object", schema: async () => (await import("../output/schemas.ts")).timeline },
  docs: {
    description:
      "Joins lines of the log, events of the audit log (asked of the gateway) and spans (of a trace store).",
    examples: [
      "analyze-logs trace --request-id 0193a5e2-7d1c-7cc3-9f0e-2b5a1d9c8e11",
      "analyze-logs trace --request-id abc123 --traces http://127.0.0.1:16686 /var/log/sark",
    ],
    exitCodes: {
      0: "it is shown",
      1: "it is shown, and a source could not be asked or read whole",
      2: "the command line is wrong",
      3: "nothing can be read",
      4: "nothing is known of the request",
    },
  },
});

async function trace(this: ToolContext, flags: TraceFlags, ...paths: string[]): Promise<void> {
  const { stdout, stderr, env } = this.process;
  const { requestId, json } = flags;
  // Before anything is read: a URL that cannot be is the command line's fault, whatever is found.
  const store = storeAddress(flags.traces ?? env["JAEGER_URL"]);
  const lines = await askLog(this, flags, paths);
  const events = await askAudit(this, flags);
  const traceIds = [...new Set([...lines.traceIds, ...events.traceIds])].slice(0, MAX_TRACES);
  const spans = await askTraces(store, traceIds);
  const sources = { log: lines, audit: events, spans };
  const timeline = inOrder(Object.values(sources).flatMap(({ steps }) => steps));
  for (const [name, { missing }] of Object.entries(sources)) {
    if (missing !== null) {
      stderr.write(`analyze-logs: ${name}: ${missing}\n`);
    }
  }
  if (timeline.length === 0) {
    stderr.write(`Nothing is known of the request ${JSON.stringify(requestId)}.\n`);
    this.process.exitCode ??= EXIT.nothing;
    return;
  }
  const failed = Object.values(sources).some(({ missing }) => missing !== null);
  this.process.exitCode ??= failed ? EXIT.finding : EXIT.ok;
  if (json) {
    const shown = Object.fromEntries(
      Object.entries(sources).map(([name, { steps, missing }]) => [name, { steps: steps.length, missing }]),
    );
    await writeText(
      stdout,
      jsonLine({ request_id: requestId, trace_ids: traceIds, sources: shown, timeline }),
    );
  } else {
    const begun = timeline.find(({ timestamp }) => timestamp !== null)?.timestamp ?? null;
    const style = styleFor(stdout, env);
    await writeText(stdout, formatTable(columnsFrom(begun, style.bad), timeline, style));
  }
}

async function askLog(context: ToolContext, flags: TraceFlags, paths: readonly string[]): Promise<Asked> {
  const found: LogEntry[] = [];
  try {
    await readLog(
      context,
      flags,
      paths,
      {
        hint: fieldHint("correlation_id", [flags.requestId]),
        accepts: (entry) => textField(entry, "correlation_id") === flags.requestId,
      },
      async (entries) => {
        found.push(...entries.slice(0, MAX_LINES - found.length));
        return found.length >= MAX_LINES;
      },
    );
  } catch (error) {
    // Named by the one who asks, it has to be there; a gateway writes no log files unless it is told to.
    if (!(error instanceof CommandError) || paths.length > 0) {
      throw error;
    }
    context.process.stderr.write(`analyze-logs: no log files: ${error.message}\n`);
    return { steps: [], traceIds: [], missing: null };
  }
  return {
    steps: found.map(stepOfLine),
    traceIds: found.flatMap((entry) => textField(entry, "trace_id") ?? []),
    missing: found.length >= MAX_LINES ? `only its first ${MAX_LINES} lines are shown.` : null,
  };
}

async function askAudit(context: ToolContext, flags: TraceFlags): Promise<Asked> {
  try {
    const path = `audit/requests/${encodeURIComponent(flags.requestId)}/trail`;
    const { events, truncated } = await openGateway(flags, context).call("GET", path, responses.trail);
    return {
      steps: events.map(stepOfEvent),
      traceIds: events.flatMap(({ event }) => event.trace_id ?? []),
      missing: truncated ? "there are more events than a trail shows." : null,
    };
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    // The gateway says of what it does not know what it says of a wrong command line.
    const unknown = error instanceof SourceError && error.status === 404;
    return { steps: [], traceIds: [], missing: unknown ? null : error.message };
  }
}

function storeAddress(url: string | undefined): string | null {
  return url === undefined || url === ""
    ? null
    : parseAddress(url, "The URL of the trace store (--traces, JAEGER_URL)", "http://127.0.0.1:16686");
}

async function askTraces(url: string | null, traceIds: readonly string[]): Promise<Asked> {
  if (url === null) {
    return { steps: [], traceIds: [], missing: null };
  }
  try {
    const { readJaegerTrace } = await import("./jaeger.ts");
    const spans = await Promise.all(traceIds.map((id) => readJaegerTrace(url, id)));
    return { steps: spans.flat().map(stepOfSpan), traceIds: [], missing: null };
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    return { steps: [], traceIds: [], missing: error.message };
  }
}

function columnsFrom(begun: string | null, bad: (text: string) => string): readonly Column<TimelineStep>[] {
  const since = (timestamp: string | null): string =>
    timestamp === null || begun === null ? "-" : `+${Date.parse(timestamp) - Date.parse(begun)} ms`;
  return [
    { title: "TIME", value: ({ timestamp }) => timestamp ?? "-" },
    { title: "", value: ({ timestamp }) => since(timestamp), align: "right" },
    { title: "SOURCE", value: ({ source }) => source },
    { title: "FROM", value: ({ from }) => from },
    { title: "WHAT", value: ({ what }) => what, paint: ({ failed }) => (failed ? bad : undefined) },
  ];
}
