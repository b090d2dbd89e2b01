/** What a program needs to run at all and that holds no secret; everything else must be configured. */
const INHERITED = [
  "HOME",
  "LANG",
  "LC_ALL",
  "LOGNAME",
  "PATH",
  "SHELL",
  "TERM",
  "TMPDIR",
  "TZ",
  "USER",
  // Windows
  "APPDATA",
  "COMSPEC",
  "HOMEDRIVE",
  "HOMEPATH",
  "LOCALAPPDATA",
  "PATHEXT",
  "PROGRAMDATA",
  "PROGRAMFILES",
  "SYSTEMDRIVE",
  "SYSTEMROOT",
  "TEMP",
  "USERNAME",
  "USERPROFILE",
  "WINDIR",
];

/** The environment of a child: a fixed list of the parent's variables, and the configured ones over them. */
export function childEnvironment(
  parent: Readonly<Record<string, string | undefined>>,
  configured: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = parent[name];
    // A value that starts with "()" is a function exported by a shell.
    if (value !== undefined && !value.startsWith("()")) {
      environment[name] = value;
    }
  }
  return { ...environment, ...configured };
}
