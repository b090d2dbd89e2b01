import { validate } from "@sark/observability/validation";
import { z } from "zod";
import { CommandError, EXIT } from "../../exit-code.ts";
import { exchangeJson } from "../../http-source/http-source.ts";

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

/**
 * The spans of a trace from Jaeger's query API; none where it does not know the trace. Rejects with a `CommandError`.
 *
 * @param url checked by `parseAddress`
 */
export async function readJaegerTrace(url: string, traceId: string): Promise<ShownSpan[]> {
  const source = {
    name: "trace store",
    url,
    timeoutMs: 10_000,
    maxMebibytes: 16,
  };
  const path = `/api/traces/${encodeURIComponent(traceId)}`;
  const { status, json } = await exchangeJson(source, { method: "GET", path });
  if (status === 404) {
    return [];
  }
  const parsed = validate(jaegerTraces, json);
  if (status !== 200 || !parsed.valid) {
    throw new CommandError(EXIT.unable, `The trace store responds with what is no trace (HTTP ${status}).`);
  }
  return spansIn(parsed.data);
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

function spansIn({ data }: z.output<typeof jaegerTraces>): ShownSpan[] {
  return data.flatMap(({ spans, processes }) =>
    spans.map((span) => ({
      at: span.startTime / 1_000,
      duration_ms: span.duration / 1_000,
      service: processes[span.processID]?.serviceName ?? "-",
      name: span.operationName,
      span_id: span.spanID,
      parent_id: span.references.find(({ refType }) => refType === "CHILD_OF")?.spanID ?? null,
      failed: span.tags.some(({ key, value }) => key === "error" && value === true),
    })),
  );
}
