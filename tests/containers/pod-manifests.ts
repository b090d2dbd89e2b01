import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

const OVERLAY = join(import.meta.dirname, "../../deployment/monitoring/k8s/overlays/development");

interface Volume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string };
}
interface Container {
  readonly name: string;
  readonly env?: readonly {
    readonly name: string;
    readonly valueFrom?: {
      readonly fieldRef?: object;
      readonly secretKeyRef?: { readonly name: string; readonly key: string };
    };
  }[];
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly subPathExpr?: string;
  }[];
  readonly [part: string]: unknown;
}
interface PodSpec {
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
  readonly restartPolicy?: string;
}
/** Values by their key, by the name of the Secret. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template: { readonly spec: PodSpec } };
}

/** What kustomize makes of the overlay of development. */
export function readManifests(): Manifest[] {
  const text = execFileSync("kustomize", ["build", OVERLAY], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** What Podman calls the pod of a Deployment. */
export const podOf = (deployment: string): string => `${deployment}-pod-0`;

/**
 * A Deployment as Podman 4.3 can read it, which has no empty volumes, no parts of volumes that an expression names, no address of the pod
 * and of Secrets only what is encoded (they are ConfigMaps here), and asks probes by a program that images do not have: what is not in here of the manifest runs as it stands there.
 * @param mounted further folders of this machine, by their path in the container
 */
export function forPodman(
  deployment: Manifest,
  secrets: Secrets,
  mounted: Readonly<Record<string, string>> = {},
): Manifest {
  const { name } = deployment.metadata;
  const template = deployment.spec?.template;
  if (template === undefined) {
    throw new Error(`${name} has no pods`);
  }
  const files = new Map(
    template.spec.containers.flatMap(({ volumeMounts = [] }) =>
      volumeMounts
        .filter(({ subPathExpr }) => subPathExpr !== undefined)
        .map((mount) => [mount.name, mount.mountPath] as const),
    ),
  );
  const folders = Object.entries(mounted).map(([mountPath, path], at) => ({
    mount: { name: `folder-${at}`, mountPath, readOnly: true },
    volume: { name: `folder-${at}`, hostPath: { path } },
  }));
  const container = (rest: Container): Container => ({
    ...Object.fromEntries(Object.entries(rest).filter(([part]) => !part.endsWith("Probe"))),
    name: rest.name,
    env: (rest.env ?? []).map((variable) => {
      const { fieldRef, secretKeyRef } = variable.valueFrom ?? {};
      return secretKeyRef !== undefined
        ? { name: variable.name, value: secrets[secretKeyRef.name]?.[secretKeyRef.key] ?? "" }
        : fieldRef === undefined
          ? variable
          : // By its name the network finds it, too.
            { name: variable.name, value: podOf(name) };
    }),
    volumeMounts: [
      ...(rest.volumeMounts ?? []).map(({ subPathExpr, mountPath, ...mount }) => ({
        ...mount,
        mountPath: subPathExpr === undefined ? mountPath : mountPath.replace(/\/[^/]+$/, ""),
      })),
      ...folders.map(({ mount }) => mount),
    ],
  });
  const volume = (one: Volume): Volume => {
    const path = files.get(one.name);
    return one.emptyDir !== undefined
      ? ({ name: one.name, persistentVolumeClaim: { claimName: `${name}-${one.name}` } } as Volume)
      : path !== undefined && one.configMap !== undefined
        ? ({
            name: one.name,
            configMap: {
              ...one.configMap,
              items: [{ key: "development.json", path: path.replace(/^.*\//, "") }],
            },
          } as Volume)
        : one.secret !== undefined
          ? { name: one.name, configMap: { name: one.secret.secretName } }
          : one;
  };
  return {
    ...deployment,
    spec: {
      ...deployment.spec,
      template: {
        ...template,
        spec: {
          ...template.spec,
          // It would else start init containers again when they have ended.
          restartPolicy: "OnFailure",
          initContainers: (template.spec.initContainers ?? []).map(container),
          containers: template.spec.containers.map(container),
          volumes: [...template.spec.volumes.map(volume), ...folders.map((folder) => folder.volume)],
        },
      },
    },
  };
}
