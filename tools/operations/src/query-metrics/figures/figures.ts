/** What calls can be counted by. */
export type Grouping = "tool" | "user" | "outcome" | "reason";

/** What is asked of a source. */
export interface FiguresQuery {
  readonly by: Grouping;
  /** How far back from now, in milliseconds. */
  readonly last: number;
  /** Of durations; above 0 and below 100, ascending. */
  readonly percentiles: readonly number[];
  readonly server?: string;
  readonly tool?: string;
}

/** Calls of tools that have something in common. Counts of metrics are estimates, rounded to whole calls. */
export interface FigureRow {
  /** What they have in common, such as `server` and `tool`. */
  readonly of: Readonly<Record<string, string>>;
  /** Let through; `null` where the source does not tell. */
  readonly permitted: number | null;
  /** Refused by policy, roles, scopes or budgets. */
  readonly denied: number | null;
  readonly ok: number | null;
  readonly failed: number | null;
  /** Milliseconds, one for each percentile asked for; `null` where no call ended. */
  readonly durations_ms: readonly number[] | null;
}

export interface Figures {
  readonly rows: readonly FigureRow[];
  /** Whether the source has more rows than it gave. */
  readonly truncated: boolean;
}

/** Where figures come from. Each call rejects with a `CommandError`. */
export interface FigureSource {
  readonly kind: "prometheus" | "audit";
  readonly url: string;
  figures(query: FiguresQuery): Promise<Figures>;
  /** What was spent, by tenant and tool and by user; `null` where the source cannot tell for a time. */
  costs(last: number): Promise<Costs> | null;
}

export interface Costs {
  readonly tools: readonly { readonly tenant: string; readonly tool: string; readonly cost: number }[];
  readonly users: readonly { readonly user: string; readonly cost: number }[];
}
