import type { MetricDefinition } from "@sark/observability/metrics";

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where a catalog says what an exposition has not: a name, another type, other labels, a value that is not listed. */
export function differences(
  catalog: Readonly<Record<string, MetricDefinition>>,
  exposition: string,
): string[] {
  const types = new Map(
    [...exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]),
  );
  const samples = exposition.split("\n").flatMap(readSample);
  return Object.entries(catalog).flatMap(([name, definition]) => {
    const type = types.get(name);
    const own = samples.filter((sample) => sample.name === name);
    if (type === undefined || own.length === 0) {
      return [`${name} is not there`];
    }
    const labels = definition.labels ?? {};
    const declared = Object.keys(labels).toSorted().join();
    return [
      // Some exporters give counters no type, or that of a gauge.
      ...(type === definition.type || (type === "untyped" && definition.type === "counter")
        ? []
        : [`${name} is a ${type}`]),
      ...own.flatMap((sample) => {
        const found = Object.keys(sample.labels).toSorted().join();
        return found === declared ? [] : [`${name} has the labels ${found}`];
      }),
      ...own.flatMap((sample) =>
        Object.entries(sample.labels).flatMap(([label, value]) => {
          const known = labels[label];
          return known?.kind !== "oneOf" || known.values.includes(value)
            ? []
            : [`${name}{${label}} is ${value}`];
        }),
      ),
    ];
  });
}

function readSample(line: string): Sample[] {
  const [, name, labels = ""] = /^([a-zA-Z0-9_:]+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
  if (name === undefined) {
    return [];
  }
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return [{ name, labels: Object.fromEntries(pairs.map(([, label = "", value = ""]) => [label, value])) }];
}
