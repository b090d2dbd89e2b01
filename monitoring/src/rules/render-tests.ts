import { basename, dirname, relative } from "node:path";
import { stringify } from "yaml";
import { familyOf } from "../catalog/metrics.ts";
import { secondsOf } from "../promql/query-problems.ts";
import { stepOf, testPathOf } from "./rule-files.ts";
import type { Alert, Input, RuleFile } from "../domain/alert.ts";
import { annotationsOf, labelsOfAlert } from "./render-rules.ts";

/** Tests of the alerts whose tests have this step: a fault that is planted in one must break its test. */
export function renderTests(file: RuleFile, step: number): string {
  const path = testPathOf(file, step);
  const tests = file.groups.flatMap(({ alerts }) =>
    alerts.filter((alert) => stepOf(alert) === step).flatMap(testsOf),
  );
  const text = stringify(
    {
      rule_files: [relative(dirname(path), file.path)],
      evaluation_interval: `${step}m`,
      tests,
    },
    { lineWidth: 0 },
  );
  return `# Generated from monitoring/src by \`npm run generate\`: edit it there. The rules: ${basename(file.path)}\n${text}`;
}

function testsOf(alert: Alert): object[] {
  if (alert.heartbeat === true) {
    return [heartbeatTest(alert)];
  }
  const { inputs, before = 0, scarce = 0.01 } = alert.proof;
  const step = stepOf(alert);
  const settles = alert.proof.settles ?? (inputs.some(isCounter) ? 1 : 0);
  const lasts = secondsOf(alert.for) / 60 / step;
  const window = Math.ceil(alert.window / step);
  const firesAt = before + lasts + settles + 2;
  const resolvedAt = firesAt + 1 + window + 3;
  const fires = {
    exp_labels: { ...labelsOfAlert(alert), ...alert.proof.labels },
    exp_annotations: annotationsOf(alert, alert.proof.says),
  };
  /** Times are counted in steps. */
  const expect = (at: number, exp_alerts: readonly object[]) => ({
    eval_time: `${at * step}m`,
    alertname: alert.name,
    exp_alerts,
  });
  return [
    {
      name: `${alert.name} fires after ${alert.for}, not before, and resolves`,
      interval: `${step}m`,
      input_series: inputs.map((input) =>
        phases(input, step, [
          [before, input.before ?? input.under],
          [firesAt + 1 - before, input.firing],
          [window + 10, input.under],
        ]),
      ),
      alert_rule_test: [
        ...(lasts === 0 ? [] : [expect(before + Math.max(0, settles + lasts - 1), [])]),
        expect(firesAt, [fires]),
        expect(resolvedAt, []),
      ],
    },
    {
      name: `${alert.name} does not fire just under its threshold`,
      interval: `${step}m`,
      input_series: inputs.map((input) =>
        phases(input, step, [
          [before, input.before ?? input.under],
          [firesAt + 10 - before, input.under],
        ]),
      ),
      alert_rule_test: [expect(firesAt + 5, [])],
    },
    ...(alert.proof.more ?? []).map((more) => ({
      name: `${alert.name} ${more.case}`,
      interval: `${step}m`,
      input_series: more.inputs.map((input) => phases(input, step, [[firesAt + 1, input.firing]])),
      alert_rule_test: [expect(firesAt, [{ ...fires, exp_annotations: annotationsOf(alert, more.says) }])],
    })),
    ...(alert.when.guard === undefined
      ? []
      : [
          {
            name: `${alert.name} does not fire on too little traffic`,
            interval: `${step}m`,
            input_series: inputs.map((input) =>
              phases(input, step, [
                [before, (input.before ?? input.under) * scarce],
                [firesAt + 10, input.firing * scarce],
              ]),
            ),
            alert_rule_test: [expect(firesAt, [])],
          },
        ]),
    {
      name: `${alert.name} ${alert.watchesAbsence ? "fires" : "does not fire"} where there is no data`,
      interval: `${step}m`,
      input_series: [],
      alert_rule_test: alert.watchesAbsence
        ? [expect(lasts - 1, []), expect(lasts + 2, [{ ...fires, exp_labels: labelsOfAlert(alert) }])]
        : [expect(firesAt, [])],
    },
  ];
}

function heartbeatTest(alert: Alert): object {
  const firing = {
    exp_labels: labelsOfAlert(alert),
    exp_annotations: annotationsOf(alert, alert.proof.says),
  };
  return {
    name: `${alert.name} fires from the first minute on`,
    interval: "1m",
    input_series: [],
    alert_rule_test: ["0m", "60m"].map((eval_time) => ({
      eval_time,
      alertname: alert.name,
      exp_alerts: [firing],
    })),
  };
}

/** The notation of promtool: start, step, and how often; a counter goes on from where it was. */
function phases(
  input: Pick<Input, "series">,
  step: number,
  phases: readonly (readonly [steps: number, value: number])[],
): object {
  const cumulative = isCounter(input);
  let total = 0;
  const values = phases
    .filter(([steps]) => steps > 0)
    .map(([steps, value]) => {
      if (!cumulative) {
        return `${value}+0x${steps - 1}`;
      }
      const text = `${round(total)}+${round(value * step)}x${steps - 1}`;
      total += value * step * steps;
      return text;
    });
  return { series: input.series, values: values.join(" ") };
}

function isCounter({ series }: Pick<Input, "series">): boolean {
  return familyOf(/^\w+/.exec(series)?.[0] ?? "")?.cumulative === true;
}

/** Sums of tenths show what doubles are made of. */
function round(value: number): number {
  return Number(value.toFixed(6));
}
