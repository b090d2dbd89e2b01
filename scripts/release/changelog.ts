const UNRELEASED = "## [Unreleased]";

/**
 * The changelog with what was not released yet under a version and its day (`2026-11-29`); what comes later begins empty.
 * Throws where there is nothing to release, or the version is there already.
 */
export function releaseChanges(changelog: string, version: string, day: string): string {
  if (changelog.includes(`## [${version}]`)) {
    throw new Error(`CHANGELOG.md has ${version} already`);
  }
  const begin = changelog.indexOf(UNRELEASED);
  if (begin < 0) {
    throw new Error(`CHANGELOG.md has no "${UNRELEASED}"`);
  }
  const after = changelog.slice(begin + UNRELEASED.length);
  const next = after.indexOf("\n## [");
  if (!/^- /m.test(next < 0 ? after : after.slice(0, next))) {
    throw new Error("CHANGELOG.md says of nothing that it changed");
  }
  return `${changelog.slice(0, begin)}${UNRELEASED}\n\n## [${version}] - ${day}${after}`;
}

/** What changed in a version, for the text of its tag. */
export function changesOf(changelog: string, version: string): string {
  const begin = changelog.indexOf(`## [${version}]`);
  if (begin < 0) {
    throw new Error(`CHANGELOG.md has no ${version}`);
  }
  const from = changelog.indexOf("\n", begin);
  const next = changelog.indexOf("\n## [", from);
  return (next < 0 ? changelog.slice(from) : changelog.slice(from, next)).trim();
}
