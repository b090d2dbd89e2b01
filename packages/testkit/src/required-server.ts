import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { findExecutable } from "./find-executable.ts";
import { goFolders } from "./go-folders.ts";
import { findOpa } from "./opa/find-opa.ts";

/** Servers, and clients to check ours by, that some tests need and that npm does not install. */
const SERVERS = {
  opa: {
    find: findOpa,
    install: () => `go install github.com/open-policy-agent/opa@${pinned("opa-version")}`,
  },
  curl: {
    find: (environment: NodeJS.ProcessEnv) => findExecutable("curl", environment),
    install: () => "apt-get install curl",
  },
  openssl: {
    find: (environment: NodeJS.ProcessEnv) => findExecutable("openssl", environment),
    install: () => "apt-get install openssl",
  },
  go: {
    find: (environment: NodeJS.ProcessEnv) => findExecutable("go", environment, () => ["/usr/local/go/bin"]),
    install: () => "see https://go.dev/doc/install",
  },
  otelcol: {
    find: (environment: NodeJS.ProcessEnv) =>
      findExecutable("otelcol", environment, () => goFolders(environment)),
    install: () => "run .ci/install-otel-collector",
  },
  "victoria-logs": {
    find: (environment: NodeJS.ProcessEnv) =>
      findExecutable("victoria-logs", environment, () => goFolders(environment)),
    install: () =>
      `go install github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs@${pinned("victoria-logs-version")}`,
  },
  jaeger: {
    find: (environment: NodeJS.ProcessEnv) =>
      findExecutable("jaeger-all-in-one", environment, () => goFolders(environment)),
    install: () => "run .ci/install-jaeger",
  },
  prometheus: {
    // Its package brings promtool.
    find: (environment: NodeJS.ProcessEnv) =>
      findExecutable("promtool", environment) && findExecutable("prometheus", environment),
    install: () => "apt-get install prometheus",
  },
  ...exporters("node", "postgres", "redis", "blackbox"),
  ...clusterPrograms("kube-apiserver", "kube-controller-manager", "kubectl", "helm"),
  etcd: {
    find: (environment: NodeJS.ProcessEnv) => findExecutable("etcd", environment),
    install: () => "apt-get install etcd-server",
  },
  ...deploymentTools("compose-config", "helm-chart", "kustomize", "kubernetes-validate"),
  alertmanager: {
    // Debian calls it so. Its package brings amtool.
    find: (environment: NodeJS.ProcessEnv) =>
      findExecutable("amtool", environment) &&
      (findExecutable("prometheus-alertmanager", environment) ?? findExecutable("alertmanager", environment)),
    install: () => "apt-get install prometheus-alertmanager",
  },
  "released-alertmanager": {
    // Debian's is too old for Teams.
    find: (environment: NodeJS.ProcessEnv) =>
      findExecutable("alertmanager", environment, () => goFolders(environment)),
    install: () =>
      `go install github.com/prometheus/alertmanager/cmd/alertmanager@${pinned("alertmanager-version")}`,
  },
  "redis-server": {
    find: (environment: NodeJS.ProcessEnv) => findExecutable("redis-server", environment),
    install: () => "apt-get install redis-server",
  },
  haproxy: {
    find: (environment: NodeJS.ProcessEnv) => findExecutable("haproxy", environment, () => ["/usr/sbin"]),
    install: () => "apt-get install haproxy",
  },
  zsh: {
    find: (environment: NodeJS.ProcessEnv) => findExecutable("zsh", environment),
    install: () => "apt-get install zsh",
  },
  fish: {
    find: (environment: NodeJS.ProcessEnv) => findExecutable("fish", environment),
    install: () => "apt-get install fish",
  },
  strace: {
    find: (environment: NodeJS.ProcessEnv) => findExecutable("strace", environment),
    install: () => "apt-get install strace",
  },
  ...containerTools("podman", "runc", "busybox", "iptables"),
  rsyslogd: {
    // Not on everybody's PATH.
    find: (environment: NodeJS.ProcessEnv) => findExecutable("rsyslogd", environment, () => ["/usr/sbin"]),
    install: () => "apt-get install rsyslog rsyslog-gnutls",
  },
  "python3-cryptography": {
    find: findPythonWithCryptography,
    install: () => "apt-get install python3-cryptography",
  },
} as const satisfies Record<string, Server>;

interface Server {
  find(environment: NodeJS.ProcessEnv): string | null;
  install(): string;
}

/** What reads files of a deployment as those do who run it. */
function deploymentTools<const N extends string>(...names: readonly N[]): Record<N, Server> {
  return builtBy(".ci/install-deployment-tools", names);
}

/** What a cluster is made of and asked with. */
function clusterPrograms<const N extends string>(...names: readonly N[]): Record<N, Server> {
  return builtBy(".ci/install-cluster", names);
}

function builtBy<const N extends string>(script: string, names: readonly N[]): Record<N, Server> {
  const entries = names.map((name) => {
    const find = (environment: NodeJS.ProcessEnv) =>
      findExecutable(name, environment, () => goFolders(environment));
    return [name, { find, install: () => `run ${script}` }] as const;
  });
  return Object.fromEntries(entries) as Record<N, Server>;
}

/** What runs containers; busybox is of the package busybox-static. */
function containerTools<const N extends string>(...names: readonly N[]): Record<N, Server> {
  const entries = names.map((name) => {
    const find = (environment: NodeJS.ProcessEnv) => findExecutable(name, environment, () => ["/usr/sbin"]);
    return [name, { find, install: () => "apt-get install podman runc busybox-static iptables" }] as const;
  });
  return Object.fromEntries(entries) as Record<N, Server>;
}

/** Exporters of Prometheus, by the names of their packages and executables at Debian. */
function exporters<const N extends string>(...names: readonly N[]): Record<`${N}-exporter`, Server> {
  const entries = names.map((name) => {
    const program = `prometheus-${name}-exporter`;
    const find = (environment: NodeJS.ProcessEnv) => findExecutable(program, environment);
    return [`${name}-exporter`, { find, install: () => `apt-get install ${program}` }] as const;
  });
  return Object.fromEntries(entries) as Record<`${N}-exporter`, Server>;
}

/** The Python of the system has the module, another one that comes first on the PATH perhaps not. */
function findPythonWithCryptography(environment: NodeJS.ProcessEnv): string | null {
  const found = [findExecutable("python3", environment), "/usr/bin/python3"];
  const able = (python: string | null): python is string =>
    python !== null && spawnSync(python, ["-c", "import cryptography"], { env: environment }).status === 0;
  return found.find(able) ?? null;
}

const said = new Set<string>();

/**
 * The path of a server's executable, or `null` where it is missing: the caller skips its tests, and one
 * line says so. Throws instead when `CI` is set, where nothing may be skipped.
 */
export function requireServer(
  name: keyof typeof SERVERS,
  environment: NodeJS.ProcessEnv = process.env,
): string | null {
  const found = SERVERS[name].find(environment);
  if (found !== null) {
    return found;
  }
  const install = SERVERS[name].install();
  if (environment["CI"]) {
    throw new Error(`${name} is missing, and CI is set, where nothing may be skipped: ${install}`);
  }
  if (!said.has(name)) {
    console.warn(`Skipping the tests that need ${name}: it is not installed. To run them: ${install}`);
  }
  said.add(name);
  return null;
}

function pinned(file: string): string {
  return readFileSync(new URL(`../../../.ci/${file}`, import.meta.url), "utf8").trim();
}
