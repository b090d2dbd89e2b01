/** Where an alert goes: a page at once, the queue of 24 hours, knowledge only, or (`none`) to what watches the alerting. */
export type Severity = "critical" | "warning" | "info" | "none";
export type Component =
  | "gateway"
  | "policy"
  | "audit"
  | "siem"
  | "upstream"
  | "security"
  | "cost"
  | "host"
  | "database"
  | "metrics-service"
  | "monitoring";
export type Team = "platform" | "security" | "product";
/** As Prometheus writes it: `90s`, `5m`, `6h`, `3d`. */
export type Duration = `${number}${"s" | "m" | "h" | "d"}`;

export interface Comparison {
  /** What is compared, a vector. */
  readonly value: string;
  readonly is: ">" | "<" | "==";
  readonly threshold: number;
}

export interface Condition extends Comparison {
  /** What must hold of the same series as well: the short window of a burn rate. */
  readonly and?: Comparison;
  /** What must hold as well, above all that there is traffic worth a ratio. */
  readonly guard?: { readonly value: string; readonly above: number };
  /** What fires it, too, whatever the rest says. */
  readonly or?: string;
}

export interface Runbook {
  readonly meaning: string;
  readonly impact: string;
  /** Commands, each with what to look for. */
  readonly diagnosis: readonly { readonly look: string; readonly command: string }[];
  readonly remedy: readonly string[];
}

/** One input series of a unit test: of a counter what it grows by in a minute, of a gauge its value. */
export interface Input {
  readonly series: string;
  readonly firing: number;
  readonly under: number;
  /** What came before, of an alert about a change. Without: `under`. */
  readonly before?: number;
}

/** Proof that an alert fires, that it does not just under its threshold, and what it then says. */
export interface Proof {
  readonly inputs: readonly Input[];
  /** The description, as it is rendered. */
  readonly says: string;
  /** Labels that come from the series. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Steps for which the calm values come first, where the alert is about a change. */
  readonly before?: number;
  /** Minutes from one evaluation of the test to the next, where it lasts for hours. Without: one. */
  readonly step?: number;
  /** In which step the threshold is passed. Without: at once, or with the second sample of a counter. */
  readonly settles?: number;
  /** The share of the traffic that the guard takes for too little. Without: 1 % of it. */
  readonly scarce?: number;
  /** Other series of which it fires, too, and what it says then. */
  readonly more?: readonly {
    readonly case: string;
    readonly inputs: readonly Pick<Input, "series" | "firing">[];
    readonly says: string;
  }[];
}

export interface Alert {
  readonly name: string;
  readonly when: Condition;
  readonly for: Duration;
  readonly severity: Severity;
  readonly component: Component;
  readonly team: Team;
  readonly labels?: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly description: string;
  readonly runbook: Runbook;
  /** The shortest window that it looks at, in minutes: after so long without the fault it has resolved. */
  readonly window: number;
  readonly proof: Proof;
  /** Fires where there is no data at all: absence is what it watches. */
  readonly watchesAbsence?: true;
  /** Fires always, so that its absence shows that alerts do not arrive. */
  readonly heartbeat?: true;
}

/** A rule that keeps the result of a query, so that others need not compute it again. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface RuleFile {
  /** From the root of the repository. */
  readonly path: `monitoring/prometheus/${"rules" | "alerts"}/${string}`;
  readonly title: string;
  readonly groups: readonly RuleGroup[];
}

export interface RuleGroup {
  readonly name: string;
  readonly recordings?: readonly Recording[];
  readonly alerts: readonly Alert[];
}
