import { setImmediate as immediate } from "node:timers/promises";
import { PbfWriter } from "pbf";
import type { MetricDefinition } from "./catalog.ts";
import type { BucketExemplar, Distribution } from "./distribution.ts";
import type { Source } from "./client-metric.ts";
import type { Cell } from "./series-index.ts";
import { runsOf, ZERO_THRESHOLD, type Run, type SparseBuckets } from "./sparse-buckets.ts";

/** A metric, and where its series are. */
export interface FamilySource {
  readonly name: string;
  readonly definition: MetricDefinition;
  readonly source: Source;
}

/** For so long, in milliseconds, the event loop does nothing else. */
const SLICE_MS = 5;

/** Each family that has series, in messages of https://github.com/prometheus/client_model, each behind its length. */
export async function encodeFamilies(
  families: readonly FamilySource[],
  defaultLabels: Readonly<Record<string, string>>,
): Promise<Buffer> {
  const encoded: Uint8Array[] = [];
  let since = performance.now();
  for (const { name, definition, source } of families) {
    source.refresh();
    const cells = source.cells();
    if (cells.length === 0) {
      continue;
    }
    const message = new PbfWriter();
    writeHead({ name, definition }, message);
    for (const cell of cells) {
      message.writeMessage(4, writeMetric, { cell, definition, defaultLabels });
      if (performance.now() - since >= SLICE_MS) {
        await immediate();
        since = performance.now();
      }
    }
    const bytes = message.finish();
    encoded.push(lengthOf(bytes), bytes);
  }
  return Buffer.concat(encoded);
}

/** `io.prometheus.client.MetricType`. */
const TYPES = { counter: 0, gauge: 1, histogram: 4 } as const;

function lengthOf(bytes: Uint8Array): Uint8Array {
  const length = new PbfWriter();
  length.writeVarint(bytes.length);
  return length.finish();
}

function writeHead({ name, definition }: Omit<FamilySource, "source">, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeStringField(2, definition.help);
  pbf.writeVarintField(3, TYPES[definition.type]);
}

/** One series, and the labels that each has besides its own. */
interface Metric {
  readonly cell: Cell;
  readonly definition: MetricDefinition;
  readonly defaultLabels: Readonly<Record<string, string>>;
}

function writeMetric({ cell, definition, defaultLabels }: Metric, pbf: PbfWriter): void {
  writeLabels(1, { ...defaultLabels, ...cell.labels }, pbf);
  if (definition.type === "histogram") {
    if (cell.distribution !== null) {
      const { distribution } = cell;
      pbf.writeMessage(7, writeHistogram, { distribution, bounds: definition.buckets });
    }
    return;
  }
  pbf.writeMessage(definition.type === "gauge" ? 2 : 3, writeValue, cell.value);
}

function writeLabels(field: number, labels: Readonly<Record<string, string>>, pbf: PbfWriter): void {
  for (const label of Object.entries(labels)) {
    pbf.writeMessage(field, writeLabel, label);
  }
}

function writeLabel([name, value]: readonly [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeStringField(2, value);
}

function writeValue(value: number, pbf: PbfWriter): void {
  pbf.writeDoubleField(1, value);
}

function writeHistogram(
  { distribution, bounds }: { readonly distribution: Distribution; readonly bounds: readonly number[] },
  pbf: PbfWriter,
): void {
  const { count, sum, counts, exemplars, sparse } = distribution;
  pbf.writeVarintField(1, count);
  pbf.writeDoubleField(2, sum);
  // Its classic buckets, too: rules and dashboards are written for them.
  let cumulative = 0;
  [...bounds, Number.POSITIVE_INFINITY].forEach((bound, at) => {
    cumulative += counts[at] ?? 0;
    pbf.writeMessage(3, writeBucket, { cumulative, bound, exemplar: exemplars[at] });
  });
  if (sparse !== null) {
    writeSparse(sparse, pbf);
    for (const exemplar of exemplars) {
      if (exemplar !== undefined) {
        pbf.writeMessage(16, writeExemplar, exemplar);
      }
    }
  }
}

interface Bucket {
  readonly cumulative: number;
  readonly bound: number;
  readonly exemplar: BucketExemplar | undefined;
}

function writeBucket({ cumulative, bound, exemplar }: Bucket, pbf: PbfWriter): void {
  pbf.writeVarintField(1, cumulative);
  pbf.writeDoubleField(2, bound);
  if (exemplar !== undefined) {
    pbf.writeMessage(3, writeExemplar, exemplar);
  }
}

function writeExemplar({ labelSet, value, timestamp }: BucketExemplar, pbf: PbfWriter): void {
  writeLabels(1, labelSet, pbf);
  pbf.writeDoubleField(2, value);
  pbf.writeMessage(3, writeTime, timestamp);
}

/** `google.protobuf.Timestamp`. */
function writeTime(seconds: number, pbf: PbfWriter): void {
  const whole = Math.floor(seconds);
  pbf.writeVarintField(1, whole);
  pbf.writeVarintField(2, Math.floor((seconds - whole) * 1e9));
}

function writeSparse({ schema, zero, positive, negative }: SparseBuckets, pbf: PbfWriter): void {
  pbf.writeSVarintField(5, schema);
  pbf.writeDoubleField(6, ZERO_THRESHOLD);
  pbf.writeVarintField(7, zero);
  writeSide({ spans: 9, deltas: 10 }, runsOf(negative), pbf);
  writeSide({ spans: 12, deltas: 13 }, runsOf(positive), pbf);
}

function writeSide(
  fields: { readonly spans: number; readonly deltas: number },
  runs: readonly Run[],
  pbf: PbfWriter,
): void {
  for (const run of runs) {
    pbf.writeMessage(fields.spans, writeSpan, run);
  }
  const counts = runs.flatMap((run) => run.counts);
  // Each to the one before it, across what is left out between them.
  pbf.writePackedSVarint(
    fields.deltas,
    counts.map((count, at) => count - (counts[at - 1] ?? 0)),
  );
}

function writeSpan({ offset, counts }: Run, pbf: PbfWriter): void {
  pbf.writeSVarintField(1, offset);
  pbf.writeVarintField(2, counts.length);
}
