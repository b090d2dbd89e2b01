import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@sark/testkit";
import { ROOT } from "../../support/programs/programs.ts";
import { makeScratchCopy } from "../../support/scratch-copy.ts";
import { blocksOf } from "../blocks.ts";
import { readPage } from "../pages.ts";
import { replaceAll, runScript } from "../run-script.ts";

const PAGE = "docs/getting-started.md";

/** What the reader has to have seen, by the number of the section. */
const REACHED: readonly (readonly [section: number, what: string, seen: RegExp])[] = [
  [1, "a healthy gateway", /^ok +policy/m],
  [2, "a call", /Echo: hello/],
  [2, "its record", /intent +allow +admin +everything\/echo/],
  [2, "a denial", /"allow":false/],
  [3, "metrics", /decision="allow"/],
  [4, "an alert that fires", /SuspiciousUserActivity/],
  [5, "a log that is verified", /OK: the log is as it was signed/],
  [5, "dashboards whose queries get a response", /^dashboards: \d+ queries/m],
  [6, "a backup that is verified", /OK: the log is as it was signed/],
  [6, "the call in it", /intent +allow +admin +everything\/echo/],
];

/** Runs in the background until it is ready, and leaves it; its pid is kept under its name. */
const SERVE = `
name=$1 pattern=$2; shift 2
log=$(mktemp "$WORK/$name.XXXXXX")
setsid "$@" > "$log" 2>&1 < /dev/null &
pid=$!
echo $pid >> "$WORK/pids"
echo $pid > "$WORK/$name.pid"
grep -m 1 -q -- "$pattern" <(tail -n +1 -f --pid=$pid "$log") || { cat "$log" >&2; exit 1; }
`;
/** What a terminal does to what runs in it. */
const CTRL_C = `
pid=$(cat "$WORK/gateway.pid")
kill -INT -- "-$pid"
tail --pid="$pid" -f /dev/null
`;

/**
 * Follows the page as its reader does; resolves to what was not reached. All it makes lies in a folder that is removed
 * then, and listens on free ports of this machine alone.
 */
export async function followPage(options: {
  /** Clones the repository and has its dependencies installed; else the files as they are, with those that there are. */
  readonly committed: boolean;
  say(text: string): void;
}): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "sark-reader-"));
  // PostgreSQL runs as another user where root starts it.
  chmodSync(folder, 0o755);
  const copy = options.committed ? clone(join(folder, "sark")) : makeScratchCopy();
  try {
    const [gateway, prometheus] = [await freePort(), await freePort()];
    const shims = join(folder, "shims");
    mkdirSync(shims);
    const write = (name: string, text: string): void => {
      writeFileSync(
        join(shims, name),
        `#!/usr/bin/env bash\nset -u\nexport PATH="\${PATH/${shims}:/}"\n${text}`,
      );
      chmodSync(join(shims, name), 0o755);
    };
    write("serve", SERVE);
    write("ctrl-c", CTRL_C);
    write(
      "npm",
      `if [ "$1" = start ]; then exec "${shims}/serve" gateway 'Ctrl-C ends everything' npm "$@"; fi\nexec npm "$@"\n`,
    );
    write("prometheus", `exec "${shims}/serve" prometheus 'ready to receive web requests' prometheus "$@"\n`);
    // Prometheus has to have scraped, and evaluated its rules: a reader asks once more.
    write(
      "promtool",
      'for attempt in $(seq 60); do out=$(promtool "$@") || exit; [ -n "$out" ] && break; sleep 1; done\necho "$out"\n',
    );
    const here = { "127.0.0.1:8000": `127.0.0.1:${gateway}`, "127.0.0.1:9090": `127.0.0.1:${prometheus}` };
    const text = replaceAll(readPage(PAGE), here).replaceAll(/^# Ctrl-C in the first terminal$/gm, "ctrl-c");
    const queries = join(ROOT, "tests/documentation/reader/ask-dashboards.ts");
    const sections = text.split(/^## (?=\d)/m).slice(1);
    const parts = sections.flatMap((section, at) => [
      `echo "## SECTION ${at + 1}"`,
      ...blocksOf(section)
        .filter(({ language }) => language === "sh")
        .flatMap((block) => [`AT='step ${at + 1}'`, block.text]),
      ...(at === 4 ? [`"${process.execPath}" '${queries}' http://127.0.0.1:${prometheus}`] : []),
    ]);
    const run = await runScript(parts, {
      folder,
      cwd: copy.folder,
      environment: { ...ofThePerson(), SARK_HTTP_PORT: String(gateway) },
      onOutput: (text) => options.say(text),
    });
    const seen = run.output.split(/^## SECTION \d+$/m);
    const unseen = REACHED.filter(([section, , pattern]) => !pattern.test(seen[section] ?? ""));
    return [...run.failures, ...unseen.map(([section, what]) => `step ${section}: ${what}`)];
  } finally {
    copy.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the shell of the one who starts it has, registry and certificates included, but for what npm and SARK would read. */
function ofThePerson(): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|SARK_|GATEWAY_|DATABASE_URL|OPA_URL|PATH$|WORK$)/.test(name),
  );
  return Object.fromEntries(inherited) as Record<string, string>;
}

function clone(folder: string): { readonly folder: string; remove(): void } {
  execFileSync("git", ["clone", "--quiet", ROOT, folder]);
  return { folder, remove: () => {} };
}
