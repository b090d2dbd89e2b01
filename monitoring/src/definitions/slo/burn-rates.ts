import type { Alert, Input, Recording } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";
import type { Objective } from "./objectives.ts";
import { TIERS, WINDOWS, type Tier } from "./windows.ts";

export function errorRatio(window: string, slo: string): string {
  return `sark:slo_errors:ratio_rate${window}{slo="${slo}"}`;
}
const eventRate = (window: string, slo: string) => `sark:slo_events:rate${window}{slo="${slo}"}`;

/** The part of events that were bad, in each window; of the long ones how many events there were, too. */
export function recordingsOf({ slo, events, bad }: Objective): Recording[] {
  return [
    ...WINDOWS.map((window) => ({
      record: `sark:slo_errors:ratio_rate${window}`,
      expr: `${bad(window)} / ${events(window)}`,
      labels: { slo },
    })),
    ...TIERS.map(({ long }) => ({
      record: `sark:slo_events:rate${long}`,
      expr: events(long),
      labels: { slo },
    })),
  ];
}

/** An alert for each tier. The faster one inhibits the slower ones, by the labels `slo` and `burn`. */
export function burnAlerts(objective: Objective): Alert[] {
  const { slo, enough } = objective;
  return TIERS.map((tier) =>
    burnAlert(objective, tier, {
      guard: { value: `sum(${eventRate(tier.long, slo)})`, above: enough },
      inputs: inputsOf(objective, tier),
    }),
  );
}

export function burnAlert(
  {
    slo,
    promise,
    budget,
    component,
    team,
    look,
  }: Pick<Objective, "slo" | "promise" | "budget" | "component" | "team" | "look">,
  tier: Tier,
  how: { readonly guard?: { value: string; above: number }; readonly inputs: readonly Input[] },
): Alert {
  const threshold = exact(tier.factor * budget);
  const title = slo.replaceAll(/(?:^|-)(\w)/g, (_all, letter: string) => letter.toUpperCase());
  const says = (ratio: string) =>
    `${ratio} of ${slo} is bad over ${tier.long} and ${tier.short}: ${tier.factor} times what keeps the promise.`;
  return {
    name: `${title}Burn${Math.floor(tier.factor)}x`,
    when: {
      value: errorRatio(tier.long, slo),
      is: ">",
      threshold,
      and: { value: errorRatio(tier.short, slo), is: ">", threshold },
      ...(how.guard === undefined ? {} : { guard: how.guard }),
    },
    for: tier.for,
    severity: tier.severity,
    component,
    team,
    labels: { burn: String(tier.factor) },
    summary: `The budget of errors of ${slo} is used up ${tier.factor} times too fast`,
    description: says("{{ $value | humanizePercentage }}"),
    runbook: {
      meaning: `The promise: ${promise}, over 30 days. At this rate ${tier.used} of the month's budget is used.`,
      impact:
        tier.severity === "critical"
          ? "Users notice it now, and the promise of the month is in danger."
          : "Few users notice it, and the promise of the month is broken if it goes on.",
      diagnosis: [
        { look: look.look, command: ask(look.query) },
        { look: "Since when?", command: ask(`sark:slo_errors:ratio_rate5m{slo="${slo}"}`) },
      ],
      remedy: [
        "Look at the alerts about the same part that came with it: they name the cause.",
        "None came: take the last change (policies, configuration, version) back.",
      ],
    },
    window: tier.shortMinutes,
    proof: {
      inputs: how.inputs,
      step: tier.step,
      scarce: 0.0001,
      says: says(percent(threshold)),
      labels: { slo },
    },
  };
}

/** 6,000 events a minute, of which a little more than the threshold is bad, or a little less. */
function inputsOf({ budget, proof }: Objective, { factor }: Tier): Input[] {
  const events = 6_000;
  const bad = { firing: events * factor * budget * 1.04, under: events * factor * budget * 0.96 };
  return [
    { series: proof.events, firing: events, under: events },
    proof.badAreEvents
      ? { series: proof.bad, firing: events - bad.firing, under: events - bad.under }
      : { series: proof.bad, ...bad },
  ];
}

/** As Prometheus writes it, of the threshold and 4 %. */
function percent(threshold: number): string {
  return `${Number((threshold * 104).toPrecision(4))}%`;
}

function exact(value: number): number {
  return Number(value.toPrecision(6));
}
