import { JOBS, type Job } from "../catalog/sources.ts";
import { cadvisorJob, otherPodsJob, podJob, probeJob, staticJob } from "./jobs.ts";
import type { Addresses } from "./places.ts";

/** What one Prometheus has of its own. */
export interface PrometheusPlace {
  /** How often targets are scraped and rules evaluated, as Prometheus writes it. */
  readonly interval: string;
  /** Labels of everything that leaves it, for Alertmanager and remote storage. */
  readonly labels?: Readonly<Record<string, string>>;
  /** `host:port` of Alertmanager. */
  readonly alertmanager: string;
  readonly scraped: readonly object[];
}

/** A configuration of Prometheus: the jobs that rules and dashboards rely on, the rules, and Alertmanager. */
export function prometheusConfiguration({
  interval,
  labels,
  alertmanager,
  scraped,
}: PrometheusPlace): object {
  return {
    global: {
      scrape_interval: interval,
      evaluation_interval: interval,
      ...(labels === undefined ? {} : { external_labels: labels }),
    },
    rule_files: ["rules/*.yaml", "alerts/*.yml"],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: scraped,
  };
}

/** Each job at its address. */
export function jobsAt(addresses: Addresses, probed: readonly string[]): object[] {
  return JOBS.flatMap((job) => {
    const address = addresses[job];
    return address === undefined
      ? []
      : [job === "blackbox" ? probeJob(address, probed) : staticJob(job, address)];
  });
}

/** Each job as Kubernetes knows where it is. */
export function jobsInKubernetes(probed: readonly string[]): object[] {
  return [...JOBS.map((job) => jobInKubernetes(job, probed)), otherPodsJob()];
}

function jobInKubernetes(job: Job, probed: readonly string[]): object {
  if (job === "blackbox") {
    return probeJob("blackbox-exporter:9115", probed);
  }
  return job === "cadvisor" ? cadvisorJob() : podJob(job);
}
