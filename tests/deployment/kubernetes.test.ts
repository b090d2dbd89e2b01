import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DASHBOARDS, RULE_FILES } from "@sark/monitoring";
import { requireServer } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";

const root = join(import.meta.dirname, "../..");
const k8s = join(root, "deployment/monitoring/k8s");
const chart = join(root, "deployment/monitoring/helm/sark");
const ENVIRONMENTS = ["development", "staging", "production"] as const;

interface Container {
  readonly name: string;
  readonly image: string;
  readonly securityContext?: object;
  readonly env?: readonly { readonly name: string }[];
  readonly resources?: object;
  readonly livenessProbe?: object;
}
interface PodTemplate {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly hostNetwork?: boolean;
    readonly hostPID?: boolean;
    readonly enableServiceLinks?: boolean;
    readonly automountServiceAccountToken?: boolean;
    readonly securityContext?: object;
    readonly containers: readonly Container[];
    readonly volumes?: readonly {
      readonly configMap?: { readonly name: string };
      readonly hostPath?: object;
    }[];
  };
}
interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>> & { readonly template?: PodTemplate };
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sark-kubernetes-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const build = (path: string): string =>
  execFileSync("kustomize", ["build", join(k8s, path)], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
const documents = (text: string): Manifest[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Manifest);

/** Objects of kinds that Kubernetes itself has; unknown fields are refused. */
function problemsOf(text: string): string {
  const file = join(folder, "manifests.yaml");
  writeFileSync(file, text);
  return spawnSync("kubernetes-validate", ["--strict", "--quiet", "--no-warn", file], { encoding: "utf8" })
    .stdout;
}

describe.skipIf(requireServer("kustomize") === null)("manifests for Kubernetes [DEP-2]", () => {
  let built: Readonly<Record<string, Manifest[]>>;
  let production: string;
  beforeAll(() => {
    production = build("overlays/production");
    built = Object.fromEntries(
      ENVIRONMENTS.map((name) => [
        name,
        documents(name === "production" ? production : build(`overlays/${name}`)),
      ]),
    );
  });
  const of = (kind: string, name?: string) =>
    (built["production"] ?? []).filter(
      (manifest) => manifest.kind === kind && (name === undefined || manifest.metadata.name === name),
    );
  const pods = () => [...of("Deployment"), ...of("DaemonSet")];

  describe.skipIf(requireServer("kubernetes-validate") === null)("by the schemas of Kubernetes", () => {
    it("are valid, and have no field that it does not know", () => {
      expect(problemsOf(production)).toBe("");
    });

    it("would be found out with a field that is misspelt", () => {
      const deployment = production.split("\n---\n").find((one) => one.includes("kind: Deployment")) ?? "";
      const misspelt = deployment.replace("readOnlyRootFilesystem", "readOnlyRootFilesytem");
      expect(problemsOf(misspelt)).toContain("'readOnlyRootFilesytem' was unexpected");
    });

    it("are valid for what runs on every machine, too", () => {
      expect(problemsOf(build("nodes"))).toBe("");
      expect(problemsOf(build("cloudwatch"))).toBe("");
    });
  });

  it("have all that an installation needs", () => {
    const names = (kind: string) => of(kind).map(({ metadata }) => metadata.name);
    const services = ["sark-gateway", "sark-metrics"];
    expect(names("HorizontalPodAutoscaler")).toEqual(services);
    expect(names("PodDisruptionBudget")).toEqual(services);
    expect(names("PersistentVolumeClaim").toSorted()).toEqual(["alertmanager", "grafana", "prometheus"]);
    expect(names("NetworkPolicy")).toEqual(
      expect.arrayContaining([...services, "prometheus", "grafana", "alertmanager"]),
    );
    expect(new Set((built["production"] ?? []).map(({ metadata }) => metadata.namespace ?? "sark"))).toEqual(
      new Set(["sark"]),
    );
  });

  it("run nothing as root, and let nothing write but to its volumes", () => {
    for (const { metadata, spec } of pods()) {
      expect([metadata.name, spec?.template?.spec.securityContext]).toMatchObject([
        metadata.name,
        { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      ]);
      for (const container of spec?.template?.spec.containers ?? []) {
        expect(container).toMatchObject({
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        });
        expect(container.resources).toBeDefined();
        expect(container.image).toMatch(/:v?\d/);
      }
    }
  });

  it("are refused anything of the machine by their namespace; what needs it is in another one", () => {
    const level = (manifests: readonly Manifest[]) =>
      manifests
        .filter(({ kind }) => kind === "Namespace")
        .map(({ metadata }) => [metadata.name, metadata.labels?.["pod-security.kubernetes.io/enforce"]]);
    const seesMachine = ({ spec }: Manifest): boolean => {
      const pod = spec?.template?.spec;
      return (
        pod?.hostNetwork === true ||
        pod?.hostPID === true ||
        pod?.volumes?.some(({ hostPath }) => hostPath !== undefined) === true
      );
    };
    for (const environment of ENVIRONMENTS) {
      expect(level(built[environment] ?? [])).toEqual([["sark", "restricted"]]);
    }
    expect(pods().filter(seesMachine)).toEqual([]);
    for (const [folder, daemon] of Object.entries({
      nodes: "node-exporter",
      cloudwatch: "cloudwatch-agent",
    })) {
      const manifests = documents(build(folder));
      expect(level(manifests)).toEqual([["sark-nodes", "privileged"]]);
      expect(manifests.filter(seesMachine).map(({ metadata }) => metadata)).toMatchObject([
        { name: daemon, namespace: "sark-nodes" },
      ]);
    }
  });

  it("measure the machine's network, not a pod's", () => {
    const [exporter] = documents(build("nodes")).filter(({ kind }) => kind === "DaemonSet");
    expect(exporter?.spec?.template?.spec).toMatchObject({ hostNetwork: true, hostPID: true });
  });

  it("set no variables of service links, which the gateway would refuse as settings", () => {
    for (const { spec } of pods()) {
      expect(spec?.template?.spec.enableServiceLinks).toBe(false);
    }
  });

  it("probe the services and scrape them by annotation", () => {
    for (const name of ["sark-gateway", "sark-metrics"]) {
      const template = of("Deployment", name)[0]?.spec?.template;
      expect(template?.metadata.annotations).toMatchObject({
        "prometheus.io/scrape": "true",
        "prometheus.io/path": "/metrics",
      });
      expect(template?.spec.containers[0]).toMatchObject({
        startupProbe: { httpGet: { path: "/livez" } },
        livenessProbe: { httpGet: { path: "/livez" } },
        readinessProbe: { httpGet: { path: "/readyz" } },
      });
    }
  });

  it("give every rule file and dashboard as it is in monitoring/", () => {
    const maps = of("ConfigMap");
    const texts = new Map(maps.flatMap(({ data }) => Object.entries(data ?? {})));
    for (const path of [...RULE_FILES.map((file) => file.path), ...Object.keys(DASHBOARDS)]) {
      const name = path.replace(/^.*\//, "");
      expect(texts.get(name) === readFileSync(join(root, path), "utf8") || name).toBe(true);
    }
    for (const { metadata, data } of maps) {
      const size = Buffer.byteLength(JSON.stringify(data));
      expect(size < 262_144 || metadata.name).toBe(true);
    }
  });

  it("mount no ConfigMap that is not there", () => {
    const there = new Set(of("ConfigMap").map(({ metadata }) => metadata.name));
    for (const { spec } of pods()) {
      for (const { configMap } of spec?.template?.spec.volumes ?? []) {
        expect(configMap === undefined || there.has(configMap.name) || configMap.name).toBe(true);
      }
    }
  });

  it("hold no secret", () => {
    expect(of("Secret")).toEqual([]);
  });

  it("run as many replicas as the environment takes, by its own settings", () => {
    const least = ENVIRONMENTS.map((name) => {
      const manifests = built[name] ?? [];
      const scaler = manifests.find(
        ({ kind, metadata }) => kind === "HorizontalPodAutoscaler" && metadata.name === "sark-gateway",
      );
      const environment = manifests.find(({ metadata }) => metadata.name.startsWith("sark-environment"));
      return [environment?.data?.["name"], scaler?.spec?.["minReplicas"]];
    });
    expect(least).toEqual([
      ["development", 1],
      ["staging", 2],
      ["production", 3],
    ]);
  });

  it("have ServiceMonitors and a PrometheusRule for the operator", () => {
    const operator = documents(build("operator"));
    expect(operator.map(({ kind }) => kind).toSorted()).toEqual([
      "PrometheusRule",
      "ServiceMonitor",
      "ServiceMonitor",
    ]);
    // A ServiceMonitor finds services of its own namespace.
    expect(operator.map(({ metadata }) => metadata.namespace)).toEqual(["sark", "sark", "sark"]);
    const rules = JSON.stringify(operator.find(({ kind }) => kind === "PrometheusRule")?.spec);
    for (const { groups } of RULE_FILES) {
      for (const { name } of groups.flatMap(({ alerts }) => alerts)) {
        expect(rules).toContain(`"alert":"${name}"`);
      }
    }
  });

  it("tell the agent of CloudWatch which metrics and logs to send", () => {
    const agent = documents(build("cloudwatch")).find(({ kind }) => kind === "ConfigMap")?.data;
    const { metrics, logs } = JSON.parse(agent?.["cwagentconfig.json"] ?? "") as {
      readonly metrics: { readonly namespace: string; readonly metrics_collected: object };
      readonly logs: object;
    };
    expect(metrics.namespace).toBe("SARK");
    expect(metrics.metrics_collected).toMatchObject({
      cpu: { measurement: expect.arrayContaining(["cpu_usage_idle"]) as unknown },
      disk: { measurement: expect.arrayContaining(["used_percent"]) as unknown },
      mem: { measurement: expect.arrayContaining(["mem_used_percent"]) as unknown },
    });
    expect(JSON.stringify(logs)).toContain("/var/log/containers/sark-gateway-*.log");
  });
});

describe("the Helm chart [DEP-2]", () => {
  it("has the files of this repository, not copies of them", () => {
    for (const [name, target] of Object.entries({
      dashboards: "monitoring/grafana/dashboards",
      rules: "monitoring/prometheus/rules",
      alerts: "monitoring/prometheus/alerts",
      templates: "monitoring/alertmanager/templates",
      configs: "deployment/monitoring/configs",
      "prometheus-rule.yaml": "monitoring/prometheus/prometheus-rule.yaml",
    })) {
      expect(realpathSync(join(chart, "files", name))).toBe(realpathSync(join(root, target)));
    }
  });

  it("names only values that there are", () => {
    const values = parse(readFileSync(join(chart, "values.yaml"), "utf8")) as Record<string, unknown>;
    const named = readdirSync(join(chart, "templates")).flatMap((file) =>
      [...readFileSync(join(chart, "templates", file), "utf8").matchAll(/\.Values\.([\w.]+)/g)].map(
        ([, path = ""]) => path,
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    for (const path of named) {
      const value = path
        .split(".")
        .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], values);
      expect([path, value === undefined]).toEqual([path, false]);
    }
  });
});

describe.skipIf(requireServer("helm-chart") === null)("the chart, read by Helm [DEP-2]", () => {
  const WITH: Readonly<Record<string, readonly string[]>> = {
    development: [],
    staging: ["--values", join(chart, "values-staging.yaml")],
    production: ["--values", join(chart, "values-production.yaml"), "--set", "cloudwatch.enabled=true"],
  };
  const helm = (command: string, args: readonly string[], path = chart) =>
    spawnSync("helm-chart", [command, "--namespace", "sark", ...args, path], {
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });

  it("has neither errors nor warnings of its linter", () => {
    for (const [environment, args] of Object.entries(WITH)) {
      const { status, stdout } = helm("lint", args);
      expect([environment, status, stdout]).toEqual([
        environment,
        0,
        "[INFO] Chart.yaml: icon is recommended\n",
      ]);
    }
  });

  it.skipIf(requireServer("kubernetes-validate") === null)(
    "makes manifests that are valid, of the same workloads as those of kustomize",
    () => {
      for (const [environment, args] of Object.entries(WITH)) {
        const { status, stdout } = helm("template", args);
        expect([environment, status, problemsOf(stdout)]).toEqual([environment, 0, ""]);
        const workloads = (text: string): string[] =>
          documents(text)
            // Where a value leaves an object out, an empty document stays.
            .filter((manifest: Manifest | null) => manifest !== null)
            .filter(({ kind }) => ["Deployment", "DaemonSet", "Service", "NetworkPolicy"].includes(kind))
            .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
            .filter((one) => !one.includes("cloudwatch"))
            .toSorted();
        expect(workloads(stdout)).toEqual(
          workloads(`${build(`overlays/${environment}`)}---\n${build("nodes")}`),
        );
      }
    },
  );

  it("starts pods again only where what they read has changed", () => {
    const checksums = () =>
      Array.from(
        helm("template", []).stdout.matchAll(/sark\/configuration: "?([0-9a-f]{64})/g),
        ([, sum]) => sum,
      );
    const first = checksums();
    expect(first.length).toBeGreaterThan(4);
    // Of one rendering they are alike, and of the next one the same.
    expect(new Set([...first, ...checksums()]).size).toBe(1);
    const copy = join(folder, "changed");
    cpSync(chart, copy, { recursive: true, dereference: true });
    // Links within a folder stay links: it must not be the file itself that is written.
    const configs = join(copy, "files/configs");
    rmSync(configs);
    cpSync(join(root, "deployment/monitoring/configs"), configs, { recursive: true });
    writeFileSync(join(configs, "gateway/development.json"), "{}");
    expect(helm("template", [], copy).stdout).not.toContain(first[0]);
  });

  it("gives no two installations of a cluster an object of one name", () => {
    const [one, other] = ["sark", "sark-too"].map((namespace) =>
      documents(
        spawnSync(
          "helm-chart",
          ["template", "--namespace", namespace, "--set", "cloudwatch.enabled=true", chart],
          { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
        ).stdout,
      )
        .filter((manifest: Manifest | null) => manifest !== null)
        .map(({ kind, metadata }) =>
          ["Namespace", "ClusterRole", "ClusterRoleBinding"].includes(kind)
            ? `${kind} ${metadata.name}`
            : `${kind} ${metadata.namespace ?? namespace}/${metadata.name}`,
        ),
    );
    expect(one?.length).toBeGreaterThan(40);
    expect(new Set([...(one ?? []), ...(other ?? [])]).size).toBe(2 * (one?.length ?? 0));
  });

  it("is refused with a value that there is none of", () => {
    const copy = join(folder, "chart");
    cpSync(chart, copy, { recursive: true, dereference: true });
    const file = join(copy, "templates/gateway.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace(".Values.gateway.image", ".Values.gatway.image"));
    expect(helm("template", [], copy)).toMatchObject({ status: 1, stdout: "" });
    expect(helm("lint", [], copy).status).toBe(1);
  });
});
