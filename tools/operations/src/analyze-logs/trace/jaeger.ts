import { validate } from "@sark/observability/validation";
import { z } from "zod";
import { CommandError, EXIT } from "../../exit-code.ts";
import { readBody } from "../../gateway-client/read-body.ts";

/** A span as a trace store shows it. */
export interface ShownSpan {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly duration_ms: number;
  readonly service: string;
  readonly name: string;
  readonly span_id: string;
  readonly parent_id: string | null;
  readonly failed: boolean;
}

const TIMEOUT_MS = 10_000;
const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;

/** The spans of a trace from Jaeger's query API; none where it does not know the trace. Rejects with a `CommandError`. */
export async function readJaegerTrace(url: string, traceId: string): Promise<ShownSpan[]> {
  let text: string | null;
  let status: number;
  try {
    const response = await fetch(`${url.replace(/\/+$/, "")}/api/traces/${encodeURIComponent(traceId)}`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: "error",
    });
    status = response.status;
    text = await readBody(response, MAX_RESPONSE_BYTES);
  } catch (cause) {
    throw new CommandError(EXIT.unable, "the trace store does not respond", { cause });
  }
  if (status === 404) {
    return [];
  }
  const spans = status === 200 && text !== null ? spansOf(text) : null;
  if (spans === null) {
    throw new CommandError(EXIT.unable, `the trace store responds with what is no trace (HTTP ${status})`);
  }
  return spans;
}

const jaegerSpan = z.object({
  spanID: z.string(),
  operationName: z.string(),
  /** Microseconds since 1970. */
  startTime: z.number(),
  duration: z.number(),
  processID: z.string(),
  references: z.array(z.object({ refType: z.string(), spanID: z.string() })).default([]),
  tags: z.array(z.object({ key: z.string(), value: z.unknown() })).default([]),
});
const jaegerTraces = z.object({
  data: z.array(
    z.object({
      spans: z.array(jaegerSpan),
      processes: z.record(z.string(), z.object({ serviceName: z.string() })),
    }),
  ),
});

function spansOf(text: string): ShownSpan[] | null {
  const parsed = validate(jaegerTraces, parsedJson(text));
  return parsed.valid
    ? parsed.data.data.flatMap(({ spans, processes }) =>
        spans.map((span) => ({
          at: span.startTime / 1_000,
          duration_ms: span.duration / 1_000,
          service: processes[span.processID]?.serviceName ?? "-",
          name: span.operationName,
          span_id: span.spanID,
          parent_id: span.references.find(({ refType }) => refType === "CHILD_OF")?.spanID ?? null,
          failed: span.tags.some(({ key, value }) => key === "error" && value === true),
        })),
      )
    : null;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
