const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/;

/** Whether a version of Semantic Versioning comes after another one. Throws for what is none. */
export function isLater(version: string, than: string): boolean {
  const [a, b] = [parse(version), parse(than)];
  for (let at = 0; at < 3; at += 1) {
    if (a.numbers[at] !== b.numbers[at]) {
      return Number(a.numbers[at]) > Number(b.numbers[at]);
    }
  }
  // One that is announced comes before the one that it announces.
  return a.announced === null ? b.announced !== null : b.announced !== null && a.announced > b.announced;
}

function parse(version: string): { readonly numbers: readonly string[]; readonly announced: string | null } {
  const found = VERSION.exec(version);
  if (found === null) {
    throw new Error(`"${version}" is no version: 1.2.3, or 1.2.3-rc.1`);
  }
  return { numbers: found.slice(1, 4), announced: found[4] ?? null };
}

/** Files that name the version of this repository, beside the manifests of its workspaces, and how they do. */
export const VERSION_PLACES: readonly {
  readonly file: RegExp;
  says(version: string): RegExp;
}[] = [
  {
    file: /^deployment\/images\/Dockerfile$/,
    says: (version) => exactly(version, "(?:ARG VERSION=|sark/[a-z-]+:)"),
  },
  { file: /^deployment\/kubernetes\/values\.ts$/, says: (version) => exactly(version, "sark/[a-z-]+:") },
  { file: /^deployment\/kubernetes\/helm\.ts$/, says: (version) => exactly(version, '[vV]ersion: "') },
  {
    file: /^deployment\/monitoring\/docker-compose\.monitoring\.yml$/,
    says: (version) => exactly(version, ":-"),
  },
  { file: /^docs\/deployment\.md$/, says: (version) => exactly(version, "sark/[a-z-]+:") },
  {
    file: /^examples\/[a-z-]+\/package\.json$/,
    says: (version) => exactly(version, '"@sark/[a-z-]+": "\\^?'),
  },
];

/** A file with another version wherever it names that of this repository. */
export function withVersion(file: string, text: string, from: string, to: string): string {
  const place = VERSION_PLACES.find((one) => one.file.test(file));
  return place === undefined ? text : text.replaceAll(place.says(from), (_, lead: string) => `${lead}${to}`);
}

/** A workspace's `package.json` with another version, of itself and of its neighbours. */
export function manifestWithVersion(text: string, from: string, to: string): string {
  return text.replaceAll(
    exactly(from, '"(?:version|@sark/[a-z-]+)": "'),
    (_, lead: string) => `${lead}${to}`,
  );
}

function exactly(version: string, lead: string): RegExp {
  return new RegExp(`(${lead})${version.replaceAll(".", String.raw`\.`)}(?![\\w.-])`, "g");
}
