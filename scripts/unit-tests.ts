import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

/** What starts a process or a server, or asks for one that runs: of Node, and of what tests share. */
const STARTS_ONE =
  /"node:(child_process|cluster)"|\binject\(|\bcreateServer\(|\bstart[A-Z]\w*(Postgres|Opa|Rsyslog|Collector|McpGo|McpServer|Upstream|Issuer|Receiver|Hec|Logs|Authority|Injector|Gateway)\b|\bstart(Postgres|Opa|Rsyslog|Gateway)\b|\b(misbehavingStdioCommand|mcpServerProgram|requireServer|findOpa|migrate|createAuditDatabase|longestBlock)\b/;
const RELATIVE_IMPORT =
  /from "(\.{1,2}\/[^"]+\.ts)"|import\("(\.{1,2}\/[^"]+\.ts)"\)|new URL\("(\.{1,2}\/[^"]+\.ts)"/g;

/**
 * The test files that need neither a process nor a server: those that start none, themselves or in what tests share
 * (`testing/` folders).
 */
export function testsWithoutServers(): string[] {
  const files = globSync("{packages,services,tools}/*/src/**/*.test.ts", { cwd: ROOT });
  const found = files.filter((file) => !startsOne(join(ROOT, file), new Map()));
  return found.toSorted();
}

function startsOne(file: string, seen: Map<string, boolean>): boolean {
  const known = seen.get(file);
  if (known !== undefined) {
    return known;
  }
  seen.set(file, false);
  const text = readFileSync(file, "utf8");
  const shared = [...text.matchAll(RELATIVE_IMPORT)]
    .map(([, one, two, three]) => join(dirname(file), one ?? two ?? three ?? ""))
    .filter((path) => path.includes("/testing") && existsSync(path));
  const starts = STARTS_ONE.test(text) || shared.some((path) => startsOne(path, seen));
  seen.set(file, starts);
  return starts;
}
