import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig as loadGateway } from "@sark/gateway";
import { loadConfig as loadMetricsService } from "@sark/metrics-service";
import { SOURCES } from "@sark/monitoring";
import { requireServer } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");
const configs = join(root, "deployment/monitoring/configs");
const ENVIRONMENTS = ["development", "staging", "production"] as const;
const read = (path: string): string => readFileSync(join(configs, path), "utf8");

interface PrometheusFile {
  readonly global: Readonly<Record<string, unknown>>;
  readonly scrape_configs: readonly {
    readonly job_name: string;
    readonly authorization?: { readonly credentials_file: string };
    readonly tls_config?: object;
    readonly kubernetes_sd_configs?: readonly { readonly role: string; readonly namespaces?: object }[];
    readonly relabel_configs?: readonly { readonly source_labels?: readonly string[] }[];
  }[];
}
const prometheusOf = (name: string) => parse(read(`prometheus/${name}.yml`)) as PrometheusFile;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sark-configs-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * The configuration with its files in `place`, which has the rules. Debian's Prometheus is built without Kubernetes: what
 * that would find is taken from a file, with the same labels before relabelling.
 */
function inPlace(name: string, place: string, found: readonly Readonly<Record<string, string>>[]): string {
  mkdirSync(join(place, "secrets"), { recursive: true });
  for (const secret of ["sark-gateway-key", "sark-metrics-key", "token"]) {
    writeFileSync(join(place, "secrets", secret), "");
  }
  for (const rules of ["rules", "alerts"]) {
    cpSync(join(root, "monitoring/prometheus", rules), join(place, rules), { recursive: true });
  }
  const pods = join(place, "pods.json");
  writeFileSync(pods, JSON.stringify(found.map((labels) => ({ targets: [labels["__address__"]], labels }))));
  const text = read(`prometheus/${name}.yml`)
    .replaceAll("/etc/prometheus/secrets", join(place, "secrets"))
    .replaceAll("/var/run/secrets/kubernetes.io/serviceaccount", join(place, "secrets"));
  const { scrape_configs: jobs, ...rest } = parse(text) as PrometheusFile;
  const file = join(place, "prometheus.yml");
  const changed = jobs.map(({ kubernetes_sd_configs: discovery, tls_config: _authority, ...job }) => ({
    ...job,
    ...(discovery === undefined ? {} : { file_sd_configs: [{ files: [pods] }] }),
  }));
  writeFileSync(file, JSON.stringify({ ...rest, scrape_configs: changed }));
  return file;
}

describe.skipIf(requireServer("prometheus") === null)("configurations of Prometheus [DEP-3]", () => {
  it.each(["compose", ...ENVIRONMENTS])("of %s are taken by promtool, with the rules", (name) => {
    const place = join(folder, name);
    const said = promtool("config", inPlace(name, place, []));
    const files = globSync("{rules,alerts}/*", { cwd: place }).length;
    expect(said).toContain(`SUCCESS: ${files} rule files found`);
  });

  it("take a pod with the annotation for the job of its name, once, at the port that it names [DEP-2]", () => {
    const place = join(folder, "pods");
    const file = inPlace("production", place, [
      pod({ name: "sark-gateway", scrape: "true", port: "8000", containerPort: "8000" }),
      pod({ name: "sark-gateway", scrape: "true", port: "8000", containerPort: "8001" }),
      pod({ name: "sark-gateway", scrape: "false", port: "8000", containerPort: "8000" }),
      pod({ name: "search-tools", scrape: "true", port: "9400", containerPort: "9400" }),
    ]);
    expect(targetsOf(file, "sark-gateway")).toEqual([
      {
        address: "10.0.0.7:8000",
        labels: { job: "sark-gateway", namespace: "sark", pod: "sark-gateway-0", node: "worker-1" },
      },
    ]);
    expect(targetsOf(file, "pods")).toMatchObject([
      { address: "10.0.0.7:9400", labels: { job: "search-tools" } },
    ]);
  });
});

const promtool = (...args: readonly string[]): string =>
  execFileSync("promtool", ["check", ...args], { encoding: "utf8" });

/** What Kubernetes says of a container's port. */
function pod({ name = "", scrape = "", port = "", containerPort = "" }): Record<string, string> {
  const meta = {
    ip: "10.0.0.7",
    name: `${name}-0`,
    node_name: "worker-1",
    phase: "Running",
    label_app_kubernetes_io_name: name,
    annotation_prometheus_io_scrape: scrape,
    annotation_prometheus_io_port: port,
    container_port_number: containerPort,
  };
  return {
    __address__: `10.0.0.7:${containerPort}`,
    __meta_kubernetes_namespace: "sark",
    ...Object.fromEntries(
      Object.entries(meta).map(([key, value]) => [`__meta_kubernetes_pod_${key}`, value]),
    ),
  };
}

/** Targets of a job after relabelling, as Prometheus finds them. */
function targetsOf(file: string, job: string): object[] {
  const said = promtool("service-discovery", "--timeout=2s", file, job);
  const results = JSON.parse(said.slice(said.indexOf("["))) as { labels?: Record<string, string> }[];
  const targets = results.flatMap(({ labels: all }) => {
    if (all === undefined || Object.keys(all).length === 0) {
      return [];
    }
    const { __address__: address, ...others } = all;
    const labels = Object.fromEntries(
      Object.entries(others).filter(([key]) => !key.startsWith("__") && key !== "instance"),
    );
    return [JSON.stringify({ address, labels: { job: labels["job"], ...labels } })];
  });
  return [...new Set(targets)].map((target) => JSON.parse(target) as object);
}

describe("configurations of Prometheus, by what they say [DEP-3]", () => {
  it.each(ENVIRONMENTS)("of %s have every job that rules name, and find pods by annotation", (name) => {
    const { scrape_configs, global } = prometheusOf(name);
    const jobs = scrape_configs.map((job) => job.job_name);
    expect(jobs).toEqual([...Object.keys(SOURCES), "pods"]);
    expect(global["external_labels"]).toEqual({ environment: name });
    for (const { kubernetes_sd_configs: found, relabel_configs: relabelling } of scrape_configs) {
      if (found?.[0]?.role === "pod") {
        const annotations = relabelling?.flatMap(({ source_labels: labels }) => labels ?? []);
        expect(annotations).toContain("__meta_kubernetes_pod_annotation_prometheus_io_scrape");
      }
    }
  });

  it.each(ENVIRONMENTS)("of %s send a key to pods of the own namespace only", (name) => {
    const withPods = prometheusOf(name).scrape_configs.filter(
      (job) => job.authorization?.credentials_file.startsWith("/etc/prometheus/secrets") === true,
    );
    expect(withPods).toHaveLength(2);
    for (const { kubernetes_sd_configs: found } of withPods) {
      expect(found).toEqual([{ role: "pod", namespaces: { own_namespace: true } }]);
    }
  });

  it("of the composition have exporters of PostgreSQL, Redis and the machine", () => {
    const jobs = prometheusOf("compose").scrape_configs.map((job) => job.job_name);
    expect(jobs).toEqual(
      expect.arrayContaining(["sark-gateway", "sark-metrics", "node", "postgres", "redis", "blackbox"]),
    );
  });
});

describe.skipIf(requireServer("alertmanager") === null)("configurations of Alertmanager [DEP-3]", () => {
  it.each(ENVIRONMENTS)("of %s are taken by amtool, templates included", (name) => {
    const templates = join(root, "monitoring/alertmanager/templates");
    const file = join(folder, `alertmanager-${name}.yml`);
    writeFileSync(
      file,
      read(`alertmanager/${name}.yml`).replaceAll("/etc/alertmanager/templates", templates),
    );
    const said = execFileSync("amtool", ["check-config", file], { encoding: "utf8" });
    expect(said).toMatch(/Found:[\s\S]*7 receivers[\s\S]*1 templates/);
  });

  it("page in production, and in no other environment", () => {
    const pages = ENVIRONMENTS.filter((name) => read(`alertmanager/${name}.yml`).includes("pagerduty"));
    expect(pages).toEqual(["production"]);
  });
});

describe("settings of the services, by environment [DEP-3]", () => {
  const environment = { SARK_REPLICAS_ADVERTISED_HOST: "10.0.0.11" };

  it.each(ENVIRONMENTS)("of %s are taken by the gateway", (name) => {
    const config = loadGateway({ file: join(configs, `gateway/${name}.json`), environment });
    expect(config.environment).toBe(name);
    expect(config.http.drainTimeout).toBeLessThan(30_000);
  });

  it.each(ENVIRONMENTS)("of %s are taken by the metrics service", (name) => {
    const config = loadMetricsService({
      file: join(configs, `metrics-service/${name}.json`),
      environment: {},
    });
    expect(config).toMatchObject({ environment: name, exampleData: false });
  });

  it("hold no secret", () => {
    for (const file of globSync("{gateway,metrics-service}/*.json", { cwd: configs })) {
      for (const [, value = ""] of read(file).matchAll(/"(?:\w*[kK]ey|\w*[pP]assword)": "(.*)"/g)) {
        expect(value).toMatch(/^\$\{file:/);
      }
      expect(read(file)).not.toMatch(/:\/\/[^/"]*:(?!\$\{file:)[^/"$]+@/);
    }
  });
});

describe("data sources of Grafana [DEP-3]", () => {
  it("have the one id that others refer to, and addresses of the environment alone", () => {
    const { datasources } = parse(read("grafana/datasources.yml")) as {
      datasources: readonly { readonly uid: string; readonly url: string }[];
    };
    expect(datasources.map(({ uid }) => uid)).toEqual(["prometheus", "alertmanager", "loki", "tempo"]);
    const named = [...read("grafana/datasources.yml").matchAll(/datasourceUid: (\w+)/g)].map(
      ([, uid]) => uid,
    );
    expect(datasources.map(({ uid }) => uid)).toEqual(expect.arrayContaining(named));
    for (const { url } of datasources) {
      expect(url).toMatch(/^\$[A-Z_]+$/);
    }
  });
});
