import type { Alert, Condition } from "../domain/alert.ts";

/** The alert with each fault that it can have, which its unit test must notice. */
export function mutantsOf(alert: Alert): (readonly [what: string, mutant: Alert])[] {
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
    ["always", { ...alert, when: { value: "vector(1)", is: ">", threshold: 0 } }],
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
