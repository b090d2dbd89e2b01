import { relative } from "node:path";
import type { Reporter, TestModule, TestRunEndReason, Vitest } from "vitest/node";
import type { DrivenService } from "@sark/testkit/metric-drives";
import { strayRecordings, unmovedMetrics, type RanFile } from "./find-faults.ts";
import { GATEWAY_DRIVES } from "./gateway-drives.ts";
import { METRICS_SERVICE_DRIVES } from "./metrics-service-drives.ts";

const DRIVES = [
  { service: "gateway", drives: GATEWAY_DRIVES },
  { service: "metrics", drives: METRICS_SERVICE_DRIVES },
] as const;

/**
 * Fails a run in which a test file no longer moves a metric that it is named for, or a service recorded what its catalog
 * does not have (MET-12). It looks at the files that ran: one file alone is held to its own metrics.
 */
export default class MetricDrivesReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  async onTestRunEnd(
    modules: readonly TestModule[],
    _unhandled: readonly unknown[],
    reason: TestRunEndReason,
  ): Promise<void> {
    const vitest = this.#vitest;
    if (vitest === undefined || vitest.config.watch || vitest.config.testNamePattern !== undefined) {
      return;
    }
    const files = modules.map((module) => ranFile(module, vitest.config.root));
    const all = reason === "passed" && modules.length >= (await vitest.globTestSpecifications()).length;
    report([...DRIVES.flatMap((drives) => unmovedMetrics(drives, files, all)), ...(await strays(files))]);
  }
}

function ranFile(module: TestModule, root: string): RanFile {
  const tests = [...module.children.allTests()];
  return {
    file: relative(root, module.moduleId),
    complete: module.state() === "passed" && tests.every((test) => test.result().state === "passed"),
    notes: module.meta().metricDrives ?? [],
  };
}

/** The catalogs take their values from all over the services: they are loaded only for files that drove one. */
async function strays(files: readonly RanFile[]): Promise<string[]> {
  const driven = files.filter(({ notes }) => notes.length > 0);
  if (driven.length === 0) {
    return [];
  }
  const { mergeCatalogs, RECORDER_CATALOG } = await import("@sark/observability/metrics");
  const catalogs = {
    gateway: (await import("@sark/gateway/metrics")).catalog,
    metrics: (await import("@sark/metrics-service")).catalog,
  };
  const notesOf = (service: DrivenService) =>
    driven.map((one) => ({ ...one, notes: one.notes.filter((note) => note.service === service) }));
  return DRIVES.flatMap(({ service }) =>
    strayRecordings(mergeCatalogs(catalogs[service], RECORDER_CATALOG), notesOf(service)),
  );
}

function report(faults: readonly string[]): void {
  if (faults.length > 0) {
    console.error(
      `\nMetrics without a drive, or not as their catalogs say (scripts/metric-drives):\n${faults.map((fault) => `- ${fault}\n`).join("")}`,
    );
    process.exitCode = 1;
  }
}
