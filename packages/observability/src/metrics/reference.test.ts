import { expect, it } from "vitest";
import { defineCatalog } from "./catalog.ts";
import { bounded, introduced, oneOf } from "./labels.ts";
import { renderMetricsReference } from "./reference.ts";

it("renders question, type, unit, labels with their bounds, buckets, queries and uses, in order of name [MET-12] [DOC-2]", () => {
  const catalog = defineCatalog({
    app_wait_seconds: {
      type: "histogram",
      help: "Time spent waiting.",
      question: "Do callers wait?",
      unit: "seconds",
      labels: { queue: bounded(20) },
      bucketsBecause: "a tenth of a second is felt",
      buckets: [0.1, 1],
    },
    app_calls_total: {
      type: "counter",
      help: "Calls.",
      question: "Who calls, and does it work?",
      queries: ["app_calls_total > 5"],
      unit: "1",
      labels: { outcome: oneOf("ok", "error"), user: bounded(100), server: introduced("servers", 5) },
      maxSeries: 50,
    },
    app_up: { type: "gauge", help: "Whether it is up.", question: "Is it up?", unit: "1" },
  });
  const page = renderMetricsReference(catalog, (name) => (name === "app_up" ? ["alert AppDown"] : []));
  expect(page.slice(page.indexOf("## "))).toBe(`## \`app_calls_total\`

**Who calls, and does it work?**

Calls.

- Type: counter
- Unit: 1
- Series: up to 50 in all; further combinations have \`other\` in each label without a list

| label | values | what becomes \`other\` |
|---|---|---|
| \`outcome\` | \`ok\`, \`error\` | nothing: the list is closed |
| \`user\` | up to 100 distinct values | further values, and those of more than 256 characters |
| \`server\` | up to 5 names that are known: configured, listed, or of a call that succeeded | names that callers made up, and those beyond the bound |

\`\`\`promql
sum by (outcome) (rate(app_calls_total[5m]))
topk(10, sum by (user) (increase(app_calls_total[1h])))
app_calls_total > 5
\`\`\`

## \`app_up\`

**Is it up?**

Whether it is up.

- Type: gauge
- Unit: 1
- Labels: none

\`\`\`promql
min(app_up)
\`\`\`

Used by

- alert AppDown

## \`app_wait_seconds\`

**Do callers wait?**

Time spent waiting.

- Type: histogram
- Unit: seconds
- Buckets: 0.1, 1. Why these: a tenth of a second is felt

| label | values | what becomes \`other\` |
|---|---|---|
| \`queue\` | up to 20 distinct values | further values, and those of more than 256 characters |

\`\`\`promql
histogram_quantile(0.95, sum by (le, queue) (rate(app_wait_seconds_bucket[5m])))
sum(rate(app_wait_seconds_sum[5m])) / sum(rate(app_wait_seconds_count[5m]))
\`\`\`
`);
  expect(page).toMatch(/^# Metrics\n\n3 metrics\. /);
});

it("takes no metric without a question, and no histogram without why its buckets [MET-12]", () => {
  const up = { type: "gauge", help: "Whether it is up.", unit: "1" } as const;
  const wait = { type: "histogram", help: "Time.", question: "Do callers wait?", unit: "seconds" } as const;
  // @ts-expect-error without a question
  expect(renderMetricsReference({ app_up: up })).toContain("app_up");
  // @ts-expect-error without a reason
  expect(renderMetricsReference({ app_wait_seconds: { ...wait, buckets: [1] } })).toContain("app_wait");
});
