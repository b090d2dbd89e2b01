import type { PrometheusTarget } from "@sark/testkit";
import type { FaultProxy } from "../../faults/fault-proxy.ts";
import type { UnderTestOptions } from "../../support/gateway-under-test.ts";

/** What is there before the gateway and Prometheus start. */
export interface Ground {
  /** A folder that is removed at the end. */
  readonly folder: string;
  /** By how much the durations of rules are shorter. */
  readonly scale: number;
  newDatabase(): Promise<string>;
  /** Something to stand in front of a port, and to fail. */
  through(port: number): Promise<FaultProxy>;
  /** Steps run at the end, the last one first. */
  undo(step: () => unknown): void;
}

export interface Started<T> {
  readonly value: T;
  readonly targets?: readonly PrometheusTarget[];
  /** What the gateway has to know of it. */
  configure?(options: UnderTestOptions): UnderTestOptions;
}

/** A part of the system that only some incidents need. */
export interface Part<T> {
  start(ground: Ground): Promise<Started<T>>;
}

/** The same gateway with further sections of its configuration. */
export function withSections(
  options: UnderTestOptions,
  sections: Readonly<Record<string, unknown>>,
): UnderTestOptions {
  return { ...options, config: { ...options.config, ...sections } };
}

export function withDestination(options: UnderTestOptions, destination: object): UnderTestOptions {
  const before = options.config?.["destinations"] as readonly object[];
  return withSections(options, { destinations: [...before, destination] });
}
