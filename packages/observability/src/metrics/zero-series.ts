import type { MetricDefinition } from "./catalog.ts";
import type { RawLabels } from "./series-index.ts";

/**
 * The label sets that exist before the first event: all of a counter whose labels are all listed, so that `rate()` sees
 * the step from 0 to 1, and that of a histogram without labels. None where a label comes from outside.
 */
export function listedCombinations(definition: MetricDefinition): RawLabels[] {
  if (definition.type !== "counter") {
    const hasLabels = Object.keys(definition.labels ?? {}).length > 0;
    return definition.type === "histogram" && !hasLabels ? [{}] : [];
  }
  let combinations: Record<string, string>[] = [{}];
  for (const [name, label] of Object.entries(definition.labels ?? {})) {
    if (label.kind !== "oneOf") {
      return [];
    }
    combinations = combinations.flatMap((one) => label.values.map((value) => ({ ...one, [name]: value })));
  }
  return combinations;
}
