import type { CertificateRole } from "./standing.ts";

/** A file that the configuration names. */
export interface CertificateFile {
  readonly name: string;
  readonly path: string;
  readonly role: Exclude<CertificateRole, "peer">;
}

/** Settings that name files of certificates, or of revocation lists, in whatever section they stand. */
export const CERTIFICATE_SETTINGS: Readonly<Record<string, CertificateFile["role"]>> = {
  certFile: "own",
  caFile: "authority",
  certificateFiles: "authority",
  crlFile: "revocation_list",
};
/** Parameters of a PostgreSQL address. */
const OF_DATABASE = { sslcert: "own", sslrootcert: "authority" } as const;

/**
 * Every file of certificates in a configuration, so that none is left out that a new section brings. In the names, entries
 * of lists stand with the name that they have, or with their number.
 */
export function certificateFilesIn(configuration: unknown, prefix = ""): CertificateFile[] {
  if (typeof configuration !== "object" || configuration === null) {
    return [];
  }
  return Object.entries(configuration).flatMap(([key, value]: [string, unknown]) => {
    const name = `${prefix}${labelOf(configuration, key, value)}`;
    const role = Object.hasOwn(CERTIFICATE_SETTINGS, key) ? CERTIFICATE_SETTINGS[key] : undefined;
    if (role === undefined) {
      return certificateFilesIn(value, `${name}.`);
    }
    if (Array.isArray(value)) {
      return value.map((path: string, at) => ({ name: `${name}.${at}`, path, role }));
    }
    return typeof value === "string" ? [{ name, path: value, role }] : [];
  });
}

/** Files that the driver of the database reads by its address. */
export function certificateFilesOfDatabase(url: string): CertificateFile[] {
  if (!URL.canParse(url)) {
    return [];
  }
  const { searchParams } = new URL(url);
  return Object.entries(OF_DATABASE).flatMap(([parameter, role]) => {
    const path = searchParams.get(parameter);
    return path === null ? [] : [{ name: `database.url.${parameter}`, path, role }];
  });
}

function labelOf(parent: object, key: string, value: unknown): string {
  const name = Array.isArray(parent) ? (value as { readonly name?: unknown } | null)?.name : undefined;
  return typeof name === "string" ? name : key;
}
