import type { Series } from "@sark/observability/metrics";

/** Services whose metrics have a list of drives (`scripts/metric-drives`). */
export type DrivenService = "gateway" | "metrics";

/** What a running service recorded under a test. */
export interface DriveNote {
  readonly service: DrivenService;
  /** Metrics that had a recording. */
  readonly moved: readonly string[];
  /** Labels of which a value became `other`. */
  readonly folded: readonly { readonly metric: string; readonly label: string }[];
  /** Metrics of which a recording was refused: its value is no number. */
  readonly refused: readonly string[];
}

export interface DrivenRecorder {
  moved(): readonly string[];
  series(): Promise<readonly Series[]>;
}

let notes: DriveNote[] = [];

/** The notes since the last call: those of one test file. */
export function takeDriveNotes(): readonly DriveNote[] {
  const taken = notes;
  notes = [];
  return taken;
}

/**
 * Notes what a service has recorded under a test, for the gate that fails when no test moves a metric. Gauges that are
 * read at a scrape are scraped here. Only for the recorder of a service that was started as in life, never for one that a
 * test records into by itself.
 */
export async function noteDrive(service: DrivenService, recorder: DrivenRecorder): Promise<void> {
  const series = await recorder.series();
  const labelsOf = (name: string) =>
    series.filter((one) => one.name === name && one.value > 0).map(({ labels }) => labels);
  notes.push({
    service,
    moved: recorder.moved(),
    folded: labelsOf("observability_label_values_folded_total").map(({ metric, label }) => ({
      metric: String(metric),
      label: String(label),
    })),
    refused: labelsOf("observability_recordings_refused_total").map(({ metric }) => String(metric)),
  });
}

const LINE = /^(?:# TYPE (?<family>\S+) \S+|(?<name>[a-z0-9_]+)(?:\{.*\})? (?<value>\S+))$/;

/** The same for a service that is a process of its own, from what its endpoint `/metrics` responds (Prometheus text). */
export function noteExposition(service: DrivenService, exposition: string): void {
  const moved = new Set<string>();
  let family = "";
  for (const line of exposition.split("\n")) {
    const found = LINE.exec(line)?.groups;
    family = found?.["family"] ?? family;
    const { name = "", value = "0" } = found ?? {};
    if (Number(value) === 0) {
      continue;
    }
    if (name === family || name === `${family}_count`) {
      moved.add(family);
    }
  }
  notes.push({ service, moved: [...moved], folded: [], refused: [] });
}
