import { basename, dirname, relative } from "node:path";
import { stringify } from "yaml";
import { familyOf } from "../catalog/metrics.ts";
import { secondsOf } from "../promql/query-problems.ts";
import type { Alert, Input, RuleFile } from "../domain/alert.ts";
import { annotationsOf, labelsOfAlert } from "./render-rules.ts";

/** A test of the rules: what it is about, so that a fault planted in the alert must break it. */
export function renderTests(file: RuleFile, path: string): string {
  const tests = file.groups.flatMap(({ alerts }) => alerts.flatMap(testsOf));
  const text = stringify(
    {
      rule_files: [relative(dirname(path), file.path)],
      evaluation_interval: "1m",
      tests,
    },
    { lineWidth: 0 },
  );
  return `# Generated from monitoring/src by \`npm run generate\`: edit it there. The rules: ${basename(file.path)}\n${text}`;
}

function testsOf(alert: Alert): object[] {
  const { inputs, before = 0, settles = 1, scarce = 0.01 } = alert.proof;
  const lasts = secondsOf(alert.for) / 60;
  const firesAt = before + lasts + settles + 2;
  const resolvedAt = firesAt + 1 + alert.window + 3;
  const fires = {
    exp_labels: { ...labelsOfAlert(alert), ...alert.proof.labels },
    exp_annotations: annotationsOf(alert, alert.proof.says),
  };
  const expect = (minute: number, exp_alerts: readonly object[]) => ({
    eval_time: `${minute}m`,
    alertname: alert.name,
    exp_alerts,
  });
  return [
    {
      name: `${alert.name} fires after ${alert.for}, not before, and resolves`,
      interval: "1m",
      input_series: inputs.map((input) =>
        phases(input, [
          [before, input.under],
          [firesAt + 1 - before, input.firing],
          [alert.window + 10, input.under],
        ]),
      ),
      alert_rule_test: [
        ...(lasts === 0 ? [] : [expect(before + lasts, [])]),
        expect(firesAt, [fires]),
        expect(resolvedAt, []),
      ],
    },
    {
      name: `${alert.name} does not fire just under its threshold`,
      interval: "1m",
      input_series: inputs.map((input) => phases(input, [[firesAt + 10, input.under]])),
      alert_rule_test: [expect(firesAt + 5, [])],
    },
    ...(alert.when.guard === undefined
      ? []
      : [
          {
            name: `${alert.name} does not fire on too little traffic`,
            interval: "1m",
            input_series: inputs.map((input) =>
              phases(input, [
                [before, input.under * scarce],
                [firesAt + 10, input.firing * scarce],
              ]),
            ),
            alert_rule_test: [expect(firesAt, [])],
          },
        ]),
    {
      name: `${alert.name} ${alert.watchesAbsence ? "fires" : "does not fire"} where there is no data`,
      interval: "1m",
      input_series: [],
      alert_rule_test: alert.watchesAbsence
        ? [expect(lasts - 1, []), expect(lasts + 2, [{ ...fires, exp_labels: labelsOfAlert(alert) }])]
        : [expect(firesAt, [])],
    },
  ];
}

/** The notation of promtool: start, step, and how often; a counter goes on from where it was. */
function phases(input: Input, phases: readonly (readonly [minutes: number, value: number])[]): object {
  const cumulative = familyOf(/^\w+/.exec(input.series)?.[0] ?? "")?.cumulative === true;
  let total = 0;
  const values = phases
    .filter(([minutes]) => minutes > 0)
    .map(([minutes, value]) => {
      if (!cumulative) {
        return `${value}+0x${minutes - 1}`;
      }
      const text = `${round(total)}+${round(value)}x${minutes - 1}`;
      total += value * minutes;
      return text;
    });
  return { series: input.series, values: values.join(" ") };
}

/** Sums of tenths show what doubles are made of. */
function round(value: number): number {
  return Number(value.toFixed(6));
}
