import type { Cluster, KubernetesObject } from "./kubectl.ts";

interface Reference {
  readonly name: string;
  readonly optional?: boolean;
}
type KeyReference = Reference & { readonly key: string };
interface Container {
  readonly name: string;
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly configMapKeyRef?: KeyReference; readonly secretKeyRef?: KeyReference };
  }[];
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly subPath?: string;
    readonly subPathExpr?: string;
  }[];
}
interface Volume {
  readonly name: string;
  readonly configMap?: Reference;
  readonly secret?: { readonly secretName: string; readonly optional?: boolean };
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly projected?: { readonly sources: readonly { readonly configMap?: Reference }[] };
}
interface Pod extends KubernetesObject {
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly volumes?: readonly Volume[];
  };
}
interface WithData extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** What a machine would look up before it starts a pod, and not find; a line for each, none in a namespace that is whole. */
export async function missingReferences(cluster: Cluster, namespace: string): Promise<string[]> {
  const configMaps = await readData(cluster, "configmaps", namespace);
  const secrets = await readData(cluster, "secrets", namespace);
  const claims = new Set(
    (await cluster.list("persistentvolumeclaims", namespace)).map(({ metadata }) => metadata.name),
  );
  const pods = await cluster.list<Pod>("pods", namespace);
  return pods.flatMap(({ metadata, spec }) => {
    const missing: string[] = [];
    const lookUp = (there: Data, kind: string, reference: Reference | undefined, key?: string): string => {
      if (reference === undefined) {
        return "";
      }
      const { name, optional } = reference;
      const data = there.get(name);
      const value = key === undefined ? "" : data?.[key];
      if (optional !== true && (data === undefined || value === undefined)) {
        missing.push(`${metadata.name}: no ${kind} ${name}${key === undefined ? "" : ` with ${key}`}`);
      }
      return value ?? "";
    };
    for (const { configMap, secret, persistentVolumeClaim, projected } of spec.volumes ?? []) {
      for (const source of [{ configMap }, ...(projected?.sources ?? [])]) {
        lookUp(configMaps, "ConfigMap", source.configMap);
      }
      lookUp(secrets, "Secret", secret && { ...secret, name: secret.secretName });
      if (persistentVolumeClaim && !claims.has(persistentVolumeClaim.claimName)) {
        missing.push(`${metadata.name}: no PersistentVolumeClaim ${persistentVolumeClaim.claimName}`);
      }
    }
    for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
      const environment = Object.fromEntries(
        (container.env ?? []).map(({ name, value = "", valueFrom = {} }) => {
          const { configMapKeyRef: map, secretKeyRef: secret } = valueFrom;
          const found =
            lookUp(configMaps, "ConfigMap", map, map?.key) || lookUp(secrets, "Secret", secret, secret?.key);
          return [name, found || value];
        }),
      );
      for (const { name, subPath, subPathExpr } of container.volumeMounts ?? []) {
        const part =
          subPath ?? subPathExpr?.replaceAll(/\$\((\w+)\)/g, (_all, of: string) => environment[of] ?? "");
        const configMap = spec.volumes?.find((volume) => volume.name === name)?.configMap;
        if (part !== undefined) {
          lookUp(configMaps, "ConfigMap", configMap, part);
        }
      }
    }
    return missing;
  });
}

type Data = ReadonlyMap<string, Readonly<Record<string, string>>>;

async function readData(cluster: Cluster, kind: string, namespace: string): Promise<Data> {
  const objects = await cluster.list<WithData>(kind, namespace);
  return new Map(objects.map(({ metadata, data = {} }) => [metadata.name, data]));
}
