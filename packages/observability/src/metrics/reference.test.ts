import { expect, it } from "vitest";
import { defineCatalog } from "./catalog.ts";
import { bounded, oneOf } from "./labels.ts";
import { renderMetricsReference } from "./reference.ts";

it("renders name, type, unit, labels with their bounds, buckets and help, in order of name [MET-12]", () => {
  const catalog = defineCatalog({
    app_wait_seconds: {
      type: "histogram",
      help: "Time spent waiting.",
      unit: "seconds",
      labels: { queue: bounded(20) },
      buckets: [0.1, 1],
    },
    app_calls_total: {
      type: "counter",
      help: "Calls.",
      unit: "1",
      labels: { outcome: oneOf("ok", "error"), user: bounded(100) },
    },
    app_up: { type: "gauge", help: "Whether it is up.", unit: "1" },
  });
  expect(renderMetricsReference(catalog)).toBe(`# Metrics

3 metrics. Label values beyond a bound or list are recorded as \`other\`, missing ones as \`none\`.

## \`app_calls_total\`

Calls.

- Type: counter
- Unit: 1

| label | values |
|---|---|
| \`outcome\` | \`ok\`, \`error\` |
| \`user\` | up to 100 distinct values |

## \`app_up\`

Whether it is up.

- Type: gauge
- Unit: 1
- Labels: none

## \`app_wait_seconds\`

Time spent waiting.

- Type: histogram
- Unit: seconds
- Buckets: 0.1, 1

| label | values |
|---|---|
| \`queue\` | up to 20 distinct values |
`);
});
