import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programFile } from "../../support/programs/program-file.ts";
import { ROOT } from "../../support/programs/programs.ts";
import { PROGRAMS_NOT_HERE, SCRIPTS_NOT_HERE } from "./not-executed.ts";

const TOOLS = ["analyze-logs", "audit", "gateway-admin", "health-check", "query-metrics"] as const;

/** Runs `$@` in the background until a line says that it is ready, and leaves it to the end of the page. */
const SERVE = `
pattern=$1; shift
log=$(mktemp "$WORK/served.XXXXXX")
"$@" > "$log" 2>&1 < /dev/null &
pid=$!
echo $pid >> "$WORK/pids"
grep -m 1 -q -- "$pattern" <(tail -n +1 -f --pid=$pid "$log") || { cat "$log" >&2; exit 1; }
cat "$log"
`;

/** What stands for `npm`: the commands themselves, without npm's own start, which takes longer than most of them. */
const NPM = `
skipped() { echo "$1" >> "$WORK/skipped-scripts"; exit 0; }
case "$1" in
  start) shift; [ "\${1:-}" = -- ] && shift; exec serve 'Ctrl-C ends everything' node '${programFile("gateway")}' "$@" ;;
  test | install) skipped "$1" ;;
  run) shift ;;
  *) echo "npm $1 is not known here" >&2; exit 1 ;;
esac
while [ "\${1:-}" = --silent ] || [ "\${1:-}" = -s ]; do shift; done
script=$1; shift; [ "\${1:-}" = -- ] && shift
for name in ${Object.keys(SCRIPTS_NOT_HERE)
  .map((name) => `'${name}'`)
  .join(" ")}; do
  [ "$name" = "$script" ] || [ "$name" = "$script \${1:-}" ] && skipped "$name"
done
case "$script" in
  start:metrics) exec serve 'Ctrl-C ends everything' node '${ROOT}/services/metrics/src/main.ts' "$@" ;;
  incident) exec node '${ROOT}/tests/incidents/main.ts' "$@" ;;
  *) exec "$script" "$@" ;;
esac
`;

const NPX = `
case "$*" in
  *packages/testkit/src/*/main.ts*) shift; exec serve '"control"' node "$@" ;;
  node*) shift; exec node "$@" ;;
  *) exec "$@" ;;
esac
`;

/** A tool. What asks first has no terminal to ask here; what goes on until it is ended is ended after its first line. */
const tool = (file: string): string => `
for word in "$@"; do
  case "$word" in
    adjust | discard | drain | end | reset | revoke) set -- "$@" --yes; break ;;
    --watch | --follow) exec serve . node '${file}' "$@" ;;
  esac
done
node '${file}' "$@"
code=$?
# Nothing was found, or a finding where findings are to be expected: no fault of the command.
[ $code = 4 ] && exit 0
[ $code = 1 ] && [ -n "\${FINDINGS:-}" ] && exit 0
exit $code
`;

const CURL = `
case " $* " in *" -f"* | *" -sf"* | *" --fail "*) set -- "$@" ;; *) set -- --fail-with-body "$@" ;; esac
exec env PATH="\${PATH#*:}" curl "$@"
`;

/** Writes the programs that stand before all others in `PATH`. */
export function writeShims(folder: string): void {
  mkdirSync(folder);
  const write = (name: string, text: string): void => {
    const file = join(folder, name);
    writeFileSync(file, `#!/usr/bin/env bash\nset -u\n${text}`);
    chmodSync(file, 0o755);
  };
  write("serve", SERVE);
  write("npm", NPM);
  write("npx", NPX);
  // A response that is an error is a failure of the command; that `grep` finds nothing is none.
  write("curl", CURL);
  write("grep", 'env PATH="${PATH#*:}" grep "$@"; code=$?; [ $code -lt 2 ]\n');
  write("opa", 'exec serve "Initializing server" env PATH="${PATH#*:}" opa "$@"\n');
  for (const name of TOOLS) {
    write(name, tool(join(ROOT, `tools/operations/bin/${name}.cjs`)));
  }
  for (const name of Object.keys(PROGRAMS_NOT_HERE)) {
    write(name, `echo '${name}' >> "$WORK/skipped-programs"\n`);
  }
}
