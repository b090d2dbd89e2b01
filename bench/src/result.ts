/** What every benchmark reports: ours against a reference, measured in one run, alternating. */
export interface BenchResult {
  readonly name: string;
  /** Ours over the reference; higher is better, unless `lowerIsBetter`. */
  readonly ratio: number;
  readonly lowerIsBetter?: boolean;
  /** The bound that `ratio` and the figures are held against, in words. */
  readonly aim: string;
  readonly met: boolean;
  /** Named figures; the unit stands in the name. */
  readonly figures: Readonly<Record<string, number | string>>;
}

export interface BenchOptions {
  /** Measure longer than the usual 55 seconds, for steadier figures. */
  readonly long: boolean;
  /** Root of another checkout of this repository, to be measured in turn with this one; `null` for none. */
  readonly against: string | null;
  /** Folder for profiles; `null` for none. */
  readonly profile: string | null;
  /** A line on what is going on, for people. */
  progress(line: string): void;
}
