import type { ComposedService } from "../support/composition.ts";

/** What of the composition is told otherwise: further mounts, and files in place of those that a service mounts at a path. */
export interface Changes {
  readonly mounts?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

/** The arguments of `podman create` or `run` that say of a service what the composition says of it. */
export function runArguments(name: string, service: ComposedService, changes: Changes = {}): string[] {
  const [entrypoint, ...rest] = [service.entrypoint, ...(service.command ?? [])];
  const healthcheck = service.healthcheck?.test;
  return [
    "--pull=never",
    `--name=${name}`,
    ...flag("--read-only", service.read_only),
    ...flag("--init", service.init),
    ...(service.user === undefined ? [] : [`--user=${service.user}`]),
    ...(service.group_add ?? []).map((group) => `--group-add=${group}`),
    ...(service.cap_drop ?? []).map((capability) => `--cap-drop=${capability}`),
    ...(service.cap_add ?? []).map((capability) => `--cap-add=${capability}`),
    ...(service.security_opt ?? []).map((option) => `--security-opt=${option}`),
    ...Object.entries(service.environment ?? {}).map(([key, value]) => `--env=${key}=${value}`),
    `--network=${service.network_mode ?? Object.keys(service.networks ?? {}).join(",")}`,
    ...(service.ports ?? []).map(
      ({ host_ip: address = "", published, target }) => `--publish=${address}:${published}:${target}`,
    ),
    ...(service.volumes ?? []).map(({ source, target, read_only: readOnly }) => {
      const from = changes.files?.[target] ?? source;
      return `--volume=${from}:${target}${readOnly === true ? ":ro" : ""}`;
    }),
    ...(changes.mounts ?? []).map((mount) => `--volume=${mount}`),
    ...(service.tmpfs ?? []).map((path) => `--tmpfs=${path}`),
    ...(service.shm_size === undefined ? [] : [`--shm-size=${service.shm_size}`]),
    ...(service.stop_grace_period === undefined
      ? []
      : [`--stop-timeout=${Number.parseInt(service.stop_grace_period, 10)}`]),
    // It is asked by hand: the engine would want systemd to ask it again and again.
    "--health-interval=disable",
    ...(healthcheck === undefined ? [] : [`--health-cmd=${healthCommand(healthcheck)}`]),
    ...(entrypoint === undefined ? [] : [`--entrypoint=${JSON.stringify(entrypoint)}`]),
    service.image,
    ...rest,
  ];
}

const flag = (name: string, set: boolean | undefined): string[] => (set === true ? [name] : []);

/** For a shell, as Podman takes a list of words for one word. */
function healthCommand([kind = "", ...words]: readonly string[]): string {
  return kind === "CMD-SHELL"
    ? (words[0] ?? "")
    : words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ");
}

/** Services that one waits for, itself last, in the order in which they have to start. */
export function inOrder(
  services: Readonly<Record<string, ComposedService>>,
  wanted: readonly string[],
): string[] {
  const found = new Set<string>();
  const add = (name: string): void => {
    for (const needed of Object.keys(services[name]?.depends_on ?? {})) {
      add(needed);
    }
    found.add(name);
  };
  wanted.forEach(add);
  return [...found];
}
