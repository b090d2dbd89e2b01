import { spawnSync } from "node:child_process";

/** What a command took. */
export interface CommandCost {
  /** User and system, in seconds. */
  readonly cpu: number;
  readonly wall: number;
  readonly output: string;
}

/** Runs a command line of bash, and says what it and its children took. Throws where it fails with another code than those. */
export function costOf(command: string, accepted: readonly number[] = [0]): CommandCost {
  const begun = performance.now();
  const { status, stdout, stderr } = spawnSync("bash", ["-c", `${command}\ncode=$?\ntimes >&2\nexit $code`], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const wall = (performance.now() - begun) / 1_000;
  // The last line of `times` is that of the children.
  const times = [...(stderr.trimEnd().split("\n").at(-1) ?? "").matchAll(/(\d+)m([\d.]+)s/g)];
  if (!accepted.includes(status ?? -1) || times.length !== 2) {
    throw new Error(`"${command}" ended with ${status}: ${stderr.slice(0, 500)}`);
  }
  const cpu = times.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
  return { cpu, wall, output: stdout };
}
