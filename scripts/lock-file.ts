/** The part of `package-lock.json` that the gate looks at. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  /** A workspace of this repository. */
  readonly link?: boolean;
  /** Only needed to develop: its license binds no user of the product. */
  readonly dev?: boolean;
}

/** SPDX ids that fit a product under Apache-2.0. */
const PERMISSIVE = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "MIT-0",
  "Zlib",
]);

/** Beside those, for tools that are not shipped. */
const FOR_TOOLS = new Set([...PERMISSIVE, "MPL-2.0", "Unlicense"]);

/** Packages whose license field names no SPDX id; the license was read. */
const READ_BY_HAND: Readonly<Record<string, string>> = {
  "@modelcontextprotocol/server-everything": "Apache-2.0",
};

/**
 * What is wrong with a lock file: a package without a digest of its content (a registry could then deliver
 * anything under that version), an address of a registry, a license that does not fit.
 */
export function lockFileProblems({ packages }: LockFile): string[] {
  const problems: string[] = [];
  for (const [path, entry] of Object.entries(packages)) {
    if (!path.includes("node_modules/") || entry.link) {
      continue;
    }
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const where = `${path} (${entry.version ?? "no version"})`;
    if (!entry.integrity?.startsWith("sha512-")) {
      problems.push(`${where}: no sha512 integrity`);
    }
    if (entry.resolved !== undefined) {
      problems.push(`${where}: names the address of a registry`);
    }
    const license = READ_BY_HAND[name] ?? entry.license;
    if (license === undefined || !fits(license, entry.dev ? FOR_TOOLS : PERMISSIVE)) {
      problems.push(
        `${where}: license ${license ?? "not stated"} is not on the list in scripts/lock-file.ts`,
      );
    }
  }
  return problems;
}

/** Whether an SPDX expression of ids joined by OR or AND can be met by licenses of the list. */
function fits(expression: string, allowed: ReadonlySet<string>): boolean {
  const bare = expression.replaceAll(/[()]/g, "");
  return bare.split(" OR ").some((side) => side.split(" AND ").every((id) => allowed.has(id.trim())));
}
