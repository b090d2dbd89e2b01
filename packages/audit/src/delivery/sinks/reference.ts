import { FORMAT_NAMES } from "../audit-events/format.ts";
import { SINKS } from "./registry.ts";

type Definition = (typeof SINKS)[number];

const code = (text: string) => `\`${text}\``;

/** The page `docs/reference/sinks.md`, written from the registry. */
export function renderSinksReference(): string {
  return `# Sinks

Written by \`npm run generate\` from \`packages/audit/src/delivery/sinks/registry.ts\`. How destinations are configured and
what happens when one fails: [delivery](../audit/delivery.md); every setting: [configuration](configuration.md).
Every sink takes every format: ${FORMAT_NAMES.map(code).join(", ")}.

| \`sink.type\` | receiver | acknowledged by | compression |
|---|---|---|---|
${SINKS.map(row).join("\n")}

${SINKS.map(section).join("\n\n")}
`;
}

function row({ type, receiver, acknowledgement, compressions }: Definition): string {
  return `| [${code(type)}](#${type}) | ${receiver} | ${acknowledgement} | ${compressions.join(", or ")} |`;
}

function section(definition: Definition): string {
  const { type, receiver, documentation, limits, errorCodes, example } = definition;
  const facts: readonly (readonly [string, string])[] = [
    ["receiver", `[${receiver}](${documentation})`],
    ["bytes in a request", count(limits.requestBytes)],
    ["bytes of an event", count(limits.eventBytes)],
    ["events in a request", count(limits.requestEvents)],
    ["requests at a time", definition.maxConcurrency === null ? code("maxConcurrency") : "1"],
    ["time window", definition.timeWindow],
    ["events count as", definition.settlesAs],
    ["acknowledged by", definition.acknowledgement],
    ["an event goes into quarantine for", definition.refusal],
    ["health check", definition.probe],
    ["errors at the start", errorCodes.map(code).join(", ")],
  ];
  return `## ${type}

| | |
|---|---|
${facts.map(([name, value]) => `| ${name} | ${value} |`).join("\n")}

\`\`\`json
${JSON.stringify({ name: type.replaceAll("_", "-"), sink: example }, null, 2)}
\`\`\``;
}

/** As the batch, or the settings, have it where the protocol has no limit. */
function count(limit: number | null): string {
  return limit === null ? "no limit of the protocol" : limit.toLocaleString("en-US");
}
