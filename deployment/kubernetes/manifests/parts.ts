import type { Resources } from "../values.ts";

/** An object of Kubernetes. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Labels;
    readonly annotations?: Labels;
  };
  readonly [part: string]: unknown;
}
export type Labels = Readonly<Record<string, string>>;

/** Where an installation stands. */
export interface Namespace {
  readonly name: string;
  /** A name that begins with the namespace's: of what belongs to the whole cluster, where others are installed, too. */
  of(name: string): string;
}

/**
 * A namespace, with what Kubernetes lets pods of it do: `restricted` refuses those that could be root or see the machine,
 * and says so of what would make them.
 */
export const namespace = (name: string, pods: "restricted" | "privileged"): Manifest => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name,
    labels: {
      "app.kubernetes.io/part-of": "sark",
      "pod-security.kubernetes.io/enforce": pods,
      "pod-security.kubernetes.io/warn": pods,
    },
  },
});

const NAME = "app.kubernetes.io/name";
export const selector = (name: string): Labels => ({ [NAME]: name });
export const labels = (name: string): Labels => ({ [NAME]: name, "app.kubernetes.io/part-of": "sark" });

/** Tells Prometheus where to scrape a pod; the job is its label `app.kubernetes.io/name`. */
export const scraped = (port: number, path = "/metrics"): Labels => ({
  "prometheus.io/scrape": "true",
  "prometheus.io/port": String(port),
  "prometheus.io/path": path,
});

/** Of a pod whose containers are not root, in one group with its volumes. */
export const podSecurity = (user: number): object => ({
  runAsNonRoot: true,
  runAsUser: user,
  runAsGroup: user,
  fsGroup: user,
  seccompProfile: { type: "RuntimeDefault" },
});

export const containerSecurity: object = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly object[];
  readonly ports?: Readonly<Record<string, number>>;
  readonly mounts?: readonly Mount[];
  readonly resources?: Resources;
  readonly probes?: object;
}
/** A volume's name, where it is mounted, and what of it. */
export type Mount = readonly [
  volume: string,
  path: string,
  part?: { subPathExpr?: string; subPath?: string; mountPropagation?: "HostToContainer" },
];

/** A container of a pod, as Kubernetes reads it; what is mounted is read-only unless its volume is in `written`. */
export function container(
  { name, image, args, command, env, ports = {}, mounts = [], resources, probes = {} }: Container,
  written: ReadonlySet<string>,
): object {
  return {
    name,
    image,
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    ...(env === undefined ? {} : { env }),
    ...(Object.keys(ports).length === 0
      ? {}
      : { ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort })) }),
    ...probes,
    ...(resources === undefined ? {} : { resources }),
    securityContext: containerSecurity,
    ...(mounts.length === 0
      ? {}
      : {
          volumeMounts: mounts.map(([volume, mountPath, part = {}]) => ({
            name: volume,
            mountPath,
            ...part,
            ...(written.has(volume) ? {} : { readOnly: true }),
          })),
        }),
  };
}

/** Live, ready and started, by HTTP. */
export function probes(live: string, ready: string, port = "http"): object {
  const get = (path: string) => ({ httpGet: { path, port } });
  return {
    startupProbe: { ...get(live), periodSeconds: 2, failureThreshold: 60 },
    livenessProbe: { ...get(live), periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 6 },
    readinessProbe: { ...get(ready), periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
  };
}

export function service(name: string, ports: Readonly<Record<string, number>>, headless = false): Manifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels: labels(name) },
    spec: {
      ...(headless ? { clusterIP: "None" } : {}),
      selector: selector(name),
      ports: Object.entries(ports).map(([port, number]) => ({ name: port, port: number, targetPort: port })),
    },
  };
}

export function serviceAccount(name: string, token = false): Manifest {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name, labels: labels(name) },
    automountServiceAccountToken: token,
  };
}

export function volumeClaim(name: string, storage: string): Manifest {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, labels: labels(name) },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
  };
}

export const configVolume = (name: string, configMap = name): object => ({
  name,
  configMap: { name: configMap },
});
export const emptyVolume = (name: string, sizeLimit: string, medium?: "Memory"): object => ({
  name,
  emptyDir: { ...(medium === undefined ? {} : { medium }), sizeLimit },
});
/** Secrets that only the group of the pod reads. */
export const secretVolume = (name: string, secretName = name): object => ({
  name,
  secret: { secretName, defaultMode: 0o440 },
});
export const claimedVolume = (name: string): object => ({
  name: "data",
  persistentVolumeClaim: { claimName: name },
});

/** The name of the environment, by which a container finds its file of settings. */
export const environmentName: object = {
  name: "ENVIRONMENT",
  valueFrom: { configMapKeyRef: { name: "sark-environment", key: "name" } },
};
