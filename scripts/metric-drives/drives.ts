import type { DrivenService } from "@sark/testkit/metric-drives";

/** The test file that drives each metric of a service: its run alone must move the metric. */
export type Drives<Name extends string> = Readonly<Record<Name, string>>;

/** One file and the metrics that it drives. */
export function drivenBy<const Name extends string>(file: string, ...metrics: readonly Name[]): Drives<Name> {
  return Object.fromEntries(metrics.map((metric) => [metric, file])) as Drives<Name>;
}

/** What the gate asks of a service. */
export interface ServiceDrives {
  readonly service: DrivenService;
  readonly drives: Drives<string>;
}
