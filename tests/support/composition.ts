import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Folder of the Compose file. */
export const COMPOSITION_FOLDER = join(import.meta.dirname, "../../deployment/monitoring");
export const COMPOSITION_TEXT = readFileSync(
  join(COMPOSITION_FOLDER, "docker-compose.monitoring.yml"),
  "utf8",
);

/** A service of the composition, with all that a program for containers has to be told of it. */
export interface ComposedService {
  readonly image: string;
  readonly build?: { readonly target: string };
  readonly read_only?: boolean;
  readonly init?: boolean;
  readonly user?: string;
  readonly group_add?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly network_mode?: string;
  readonly networks?: Readonly<Record<string, unknown>>;
  readonly ports?: readonly {
    readonly host_ip?: string;
    readonly published: string;
    readonly target: number;
  }[];
  readonly volumes?: readonly {
    readonly type: string;
    readonly source: string;
    readonly target: string;
    readonly read_only?: boolean;
  }[];
  readonly tmpfs?: readonly string[];
  readonly shm_size?: string;
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

export interface Composition {
  readonly services: Readonly<Record<string, ComposedService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
}

/** Variables of a file like `.env`. */
export function compositionEnvironment(name: string): Record<string, string> {
  return Object.fromEntries(
    readFileSync(join(COMPOSITION_FOLDER, name), "utf8")
      .split("\n")
      .flatMap((line) => {
        const [, key, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
        return key === undefined || value === undefined ? [] : [[key, value] as const];
      }),
  );
}

/**
 * As the reader of `docker compose` sees it; variables are put in here, as it reads none but those of its own options.
 * Throws where it does not take the file, or a variable that has to be there is not.
 */
export function readComposition(environment: Readonly<Record<string, string>>): Composition {
  const filled = COMPOSITION_TEXT.replaceAll(
    /\$\$|\$\{(\w+)(?:(:-|:\?)([^}]*))?\}/g,
    (whole, name: string | undefined, kind: string | undefined, rest: string | undefined) => {
      if (name === undefined) {
        return whole;
      }
      const value = environment[name] ?? "";
      if (value === "" && kind === ":?") {
        throw new Error(`${name}: ${rest}`);
      }
      return value === "" ? (rest ?? "") : value;
    },
  );
  // Beside the real one, from where its paths lead.
  const copy = join(COMPOSITION_FOLDER, `.composition-${process.pid}.yml`);
  writeFileSync(copy, filled);
  try {
    const { status, stdout, stderr } = spawnSync("compose-config", ["-format", "json", copy], {
      encoding: "utf8",
      cwd: COMPOSITION_FOLDER,
    });
    if (status !== 0 || stderr !== "") {
      throw new Error(`compose-config refuses the composition: ${stderr}`);
    }
    return JSON.parse(stdout) as Composition;
  } finally {
    rmSync(copy);
  }
}
