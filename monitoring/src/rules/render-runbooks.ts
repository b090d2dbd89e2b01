import type { Alert, RuleFile } from "../domain/alert.ts";
import { ROUTE } from "../alertmanager/routes.ts";
import { expressionOf } from "./expression.ts";

/** The page of all runbooks: a section for each alert, under its name. */
export function renderRunbooks(files: readonly RuleFile[]): string {
  const alertsOf = (file: RuleFile): Alert[] => file.groups.flatMap(({ alerts }) => alerts);
  const names = new Set(files.flatMap(alertsOf).map(({ name }) => name));
  const parts = files.map((file) => {
    const sections = alertsOf(file).map((alert) => section(alert, names));
    return `## ${file.title}\n\nRules: \`${file.path}\`.\n\n${sections.join("\n")}`;
  });
  return `# Runbooks of alerts

Generated from \`monitoring/src\` by \`npm run generate\`. Each alert's \`runbook_url\` leads to its section here.
Commands run in a checkout of the repository, on the machine of the gateway. \`PROM\` is the address of Prometheus, \`LOGS\` the folder
of the gateway's log files (\`logging.files.directory\`), and \`REDIS\` the URL of Redis, where there is one:

\`\`\`sh
export PROM=http://127.0.0.1:9090
export REDIS=redis://127.0.0.1:6379
export LOGS=.sark/logs
\`\`\`

${parts.join("\n")}`;
}

function section(alert: Alert, names: ReadonlySet<string>): string {
  const { meaning, impact, diagnosis, remedy } = alert.runbook;
  const linked = (text: string): string => withLinks(text, names, alert.name);
  const commands = diagnosis.map(
    ({ look, command }) => `- ${linked(look)}\n\n  \`\`\`sh\n  ${command}\n  \`\`\``,
  );
  return `### ${alert.name}

*${alert.severity}*, component \`${alert.component}\`, for the ${alert.team} team. ${alert.summary}.

\`\`\`promql
${expressionOf(alert.when)}
\`\`\`

${alert.for === "0m" ? "Fires at once." : `Fires when this has held for ${alert.for}.`}

**Meaning.** ${linked(meaning)}

**Impact.** ${linked(impact)}

**Diagnosis.**

${commands.join("\n")}

**Remedy.**

${remedy.map((step, index) => `${index + 1}. ${linked(step)}`).join("\n")}

**Escalation.** ${escalationOf(alert)}
`;
}

/** Pages of the documentation and other alerts that the text names, as links; code stays as it is. */
function withLinks(text: string, names: ReadonlySet<string>, own: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith("`")
        ? part
        : part
            .replaceAll(/(?<![\w/[])docs\/([\w/-]+\.md)/g, "[docs/$1](../../$1)")
            .replaceAll(/\b[A-Z]\w+\b/g, (word) =>
              names.has(word) && word !== own ? `[${word}](#${word.toLowerCase()})` : word,
            ),
    )
    .join("");
}

const ESCALATES_AFTER = ROUTE.routes?.find(({ receiver }) => receiver === "escalation")?.group_wait;

/** To whom the alert goes, and to whom next: as `ROUTE` has it. */
function escalationOf({ severity, team }: Alert): string {
  if (severity === "none") {
    return "What listens for it pages on-call when it hears nothing for some minutes.";
  }
  if (team === "product") {
    return "The product team, in office hours. Not over after a working day: the platform team, with what the commands above said.";
  }
  if (severity === "critical") {
    const also = team === "security" ? " The security team is told as well." : "";
    return `Pages on-call at once; after ${ESCALATES_AFTER} a second person, unless it is over by then.${also} From there the owner of the part: the ${team} team.`;
  }
  return `The queue of the ${team} team, to be worked off within 24 hours. Not over by then, or a critical alert about the same part comes with it: on-call.`;
}
