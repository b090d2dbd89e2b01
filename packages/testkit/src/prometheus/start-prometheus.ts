import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@sark/embedded-postgres";
import { findExecutable } from "../find-executable.ts";
import { killProcess } from "../kill-process.ts";

/** One address that is scraped. */
export interface PrometheusTarget {
  /** Value of the label `job`. */
  readonly job: string;
  /** Value of the label `instance`; by default the address, or what is probed. */
  readonly instance?: string;
  /** `http://127.0.0.1:<port>`; `/metrics` is scraped there. */
  readonly url: string;
  /** Written to a file, as Prometheus reads credentials. Exporters ask for none. */
  readonly apiKey?: string;
  /** A slow one needs longer than the others: a scrape may last as long as the time to the next one. */
  readonly scrapeInterval?: string;
  /** Of the blackbox exporter: what it is to look at, by which of its modules; `target` is the label `instance`, too. */
  readonly probe?: { readonly module: string; readonly target: string };
}

/** A series of a query's result. */
export interface PrometheusSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  readonly url: string;
  /** An instant query. */
  query(expression: string): Promise<readonly PrometheusSample[]>;
  /** Exemplars of the last hour. */
  exemplars(
    expression: string,
  ): Promise<readonly { readonly labels: Readonly<Record<string, string>>; readonly value: string }[]>;
  /** What it says of its targets: health, the last error. */
  targets(): Promise<readonly { readonly health: string; readonly lastError: string }[]>;
  close(): Promise<void>;
}

export interface PrometheusOptions {
  /** Files of rules, evaluated as often as targets are scraped. */
  readonly rules?: readonly string[];
  /** How often, and within what time, as Prometheus writes it. Default: five times a second. */
  readonly scrapeInterval?: string;
  /** Base address of the Alertmanager that gets its alerts. */
  readonly alertmanager?: string;
  /** Features that are off by default, as `--enable-feature` names them. */
  readonly features?: readonly string[];
  /** The whole configuration, by the port that it listens on, in place of the targets and all else here. */
  configuration?(port: number): string;
}

const ATTEMPTS = 5;
const READY = "Server is ready to receive web requests";

/** Starts a real Prometheus that scrapes. Ask `requireServer("prometheus")` before. */
export async function startPrometheus(
  targets: readonly PrometheusTarget[],
  options: PrometheusOptions = {},
): Promise<Prometheus> {
  const executable = findExecutable("prometheus", process.env);
  if (executable === null) {
    throw new Error("prometheus was not found; ask requireServer('prometheus') before");
  }
  const folder = mkdtempSync(join(tmpdir(), "sark-prometheus-"));
  const configuration = join(folder, "prometheus.yaml");
  const write = (port: number): void =>
    writeFileSync(
      configuration,
      options.configuration?.(port) ?? JSON.stringify(settings(folder, targets, options)),
    );
  const { url, child } = await launch(executable, configuration, folder, write, options.features);

  async function ask(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const { status, data, error } = (await response.json()) as {
      status: string;
      data: unknown;
      error?: string;
    };
    if (status !== "success") {
      throw new Error(`prometheus: ${error}`);
    }
    return data;
  }

  return {
    url,
    async query(expression) {
      const { result } = (await ask("query", { query: expression })) as {
        result: { metric: Record<string, string>; value: [number, string] }[];
      };
      return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
    async exemplars(expression) {
      const now = Date.now() / 1_000;
      const data = (await ask("query_exemplars", {
        query: expression,
        start: String(now - 3_600),
        end: String(now + 60),
      })) as { exemplars: { labels: Record<string, string>; value: string }[] }[];
      return data.flatMap(({ exemplars }) => exemplars);
    },
    async targets() {
      const { activeTargets } = (await ask("targets", { state: "active" })) as {
        activeTargets: { health: string; lastError: string }[];
      };
      return activeTargets;
    },
    async close() {
      await killProcess(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What `promtool check metrics` says of an exposition; empty where it finds nothing. */
export function checkMetrics(exposition: string): string {
  const promtool = findExecutable("promtool", process.env);
  if (promtool === null) {
    throw new Error("promtool was not found; ask requireServer('prometheus') before");
  }
  const { status, stdout, stderr } = spawnSync(promtool, ["check", "metrics"], {
    input: exposition,
    encoding: "utf8",
  });
  return status === 0 && stdout + stderr === "" ? "" : `exit ${status}\n${stdout}${stderr}`;
}

/** JSON is YAML. */
function settings(
  folder: string,
  targets: readonly PrometheusTarget[],
  { rules = [], alertmanager, scrapeInterval = "200ms" }: PrometheusOptions,
): object {
  return {
    global: {
      scrape_interval: scrapeInterval,
      scrape_timeout: scrapeInterval,
      evaluation_interval: scrapeInterval,
    },
    ...(alertmanager === undefined
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager).host] }] }] } }),
    rule_files: rules,
    scrape_configs: targets.map(
      ({ job, url, apiKey, probe, scrapeInterval: own = scrapeInterval, ...target }, at) => {
        const instance = target.instance ?? probe?.target;
        const credentials = join(folder, `key-${at}`);
        if (apiKey !== undefined) {
          writeFileSync(credentials, apiKey, { mode: 0o600 });
        }
        return {
          // Names of jobs are there once; several targets can have one label all the same.
          job_name: `${job}-${at}`,
          scrape_interval: own,
          scrape_timeout: own,
          ...(apiKey === undefined ? {} : { authorization: { credentials_file: credentials } }),
          ...(probe === undefined
            ? {}
            : { metrics_path: "/probe", params: { module: [probe.module], target: [probe.target] } }),
          static_configs: [
            {
              targets: [new URL(url).host],
              labels: { job, ...(instance === undefined ? {} : { instance }) },
            },
          ],
        };
      },
    ),
  };
}

async function launch(
  executable: string,
  configuration: string,
  folder: string,
  write: (port: number) => void,
  features: readonly string[] = [],
) {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    write(port);
    const child = spawn(
      executable,
      [
        `--config.file=${configuration}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        `--enable-feature=${["exemplar-storage", ...features].join(",")}`,
        // What found no Alertmanager yet comes again soon: it is looked for every five seconds.
        "--rules.alert.resend-delay=1s",
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    process.once("exit", () => child.kill("SIGKILL"));
    let said = "";
    const ready = await new Promise<boolean>((resolve) => {
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-8_000);
        if (said.includes(READY)) {
          resolve(true);
        }
      });
      child.once("close", () => resolve(false));
    });
    if (ready) {
      return { url: `http://127.0.0.1:${port}`, child };
    }
    if (attempt === ATTEMPTS || !said.includes("address already in use")) {
      throw new Error(`prometheus did not start: ${said}`);
    }
  }
}
