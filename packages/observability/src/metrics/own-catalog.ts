import { defineCatalog } from "./catalog.ts";
import { bounded } from "./labels.ts";

/** What every recorder says about itself; part of each exposition. */
export const RECORDER_CATALOG = defineCatalog({
  observability_label_values_folded_total: {
    type: "counter",
    help: "Recordings whose label value was beyond the label's bound or list and went into `other`.",
    question: "Which label has more values than its bound, so that its series no longer tell them apart?",
    unit: "1",
    labels: { metric: bounded(1000), label: bounded(100) },
  },
  observability_recordings_refused_total: {
    type: "counter",
    help: "Recordings that were left out: a value that is no number, a counter going down, or a gauge that could not be read.",
    question: "Does the code record what is no number? It is to stay at 0.",
    unit: "1",
    labels: { metric: bounded(1000) },
  },
});
