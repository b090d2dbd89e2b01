import type { Alert, Condition, RuleFile } from "../domain/alert.ts";

/** A fault planted in one alert, which its unit test must notice. */
export interface Mutation {
  readonly alert: string;
  readonly what: string;
  /** The file of rules with the fault, and nothing else. */
  readonly file: RuleFile;
}

/** Each alert with each fault that it can have. */
export function mutationsOf(file: RuleFile): Mutation[] {
  return file.groups.flatMap((group) =>
    group.alerts.flatMap((alert) =>
      mutantsOf(alert).map(([what, mutant]) => ({
        alert: alert.name,
        what,
        file: { ...file, groups: [{ ...group, alerts: [mutant] }] },
      })),
    ),
  );
}

function mutantsOf(alert: Alert): (readonly [what: string, mutant: Alert])[] {
  if (alert.heartbeat === true) {
    return [
      ["never", { ...alert, when: { ...alert.when, is: "<" } }],
      ["renamed", { ...alert, name: `${alert.name}s` }],
    ];
  }
  const { when } = alert;
  const changed = (change: Partial<Condition>): Alert => ({ ...alert, when: { ...when, ...change } });
  /** Both windows of a burn rate have one threshold. */
  const scaled = (by: number): Alert =>
    changed({
      threshold: when.threshold * by,
      ...(when.and?.threshold === when.threshold
        ? { and: { ...when.and, threshold: when.threshold * by } }
        : {}),
    });
  const { guard: _, ...unguarded } = when;
  return [
    ["threshold up by a tenth", when.threshold === 0 ? changed({ threshold: 1e9 }) : scaled(1.1)],
    ...(when.is === "=="
      ? []
      : [
          [
            "threshold down by a tenth",
            when.threshold === 0 ? changed({ threshold: -1e-9 }) : scaled(0.9),
          ] as const,
        ]),
    ["never", changed({ is: when.is === ">" ? "<" : ">", threshold: when.is === ">" ? -1 : 1e12 })],
    ...(when.guard === undefined ? [] : [["guard removed", { ...alert, when: unguarded }] as const]),
    ...(when.and === undefined
      ? []
      : [["its second condition never", changed({ and: { ...when.and, threshold: 1e12 } })] as const]),
    ...(alert.for === "0m" ? [] : [["at once", { ...alert, for: "0m" }] as const]),
    ["too late", { ...alert, for: "100d" }],
    ["renamed", { ...alert, name: `${alert.name}s` }],
    ["other severity", { ...alert, severity: alert.severity === "info" ? "warning" : "info" }],
  ];
}
