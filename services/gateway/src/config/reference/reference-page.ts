import { renderSettings } from "@sark/settings/reference";
import { SETTINGS } from "../settings.ts";

/** docs/reference/configuration.md, from the schema. */
export function configurationReference(): string {
  return renderSettings(SETTINGS, INTRODUCTION);
}

const INTRODUCTION = `# Configuration

Generated from \`services/gateway/src/config/schema.ts\` by \`npm run generate\`; do not edit.

Settings come from a JSON file (\`--config FILE\` or \`SARK_CONFIG\`) and from environment variables, which win. Every setting
has a default unless it is *required*. Unknown keys and unknown \`SARK_*\` variables are refused. A setting without a variable
is given in the file only.

## How values are written

| kind | written as | |
|---|---|---|
| duration | \`"500ms"\`, \`"30s"\`, \`"5m"\`, \`"24h"\`, \`"90d"\` | a whole number and its unit; a bare number is refused |
| size | \`"64KiB"\`, \`"4MiB"\`, \`"1GiB"\`, \`"100B"\` | a whole number and its unit, by powers of 1024; a bare number is refused |
| secret | \`"\${NAME}"\`, \`"\${file:/run/secrets/token}"\`, \`"Bearer \${TOKEN}"\` | refers to an environment variable or a file; the secret itself is refused |
| text, may refer to secrets | the same, or plain text | \`$\${\` stands for \`\${\` itself |

Durations and sizes are written alike in environment variables: \`SARK_HTTP_DRAIN_TIMEOUT=30s\`. A variable of a setting that is
a secret may hold the secret itself. White space around a secret is not part of it, an empty one counts as missing, and
what a secret holds is not looked at for further references. Settings whose names end in \`File\` are paths.

## In an editor

[\`sark.schema.json\`](sark.schema.json) is the JSON Schema of the file. Name it in the file, and editors complete and check it:

\`\`\`json
{ "$schema": "./docs/reference/sark.schema.json", "http": { "port": 8080, "drainTimeout": "30s" } }
\`\`\`

## Servers in the form of clients

\`upstreams\` may be a map by name, and \`mcpServers\` of an MCP client's configuration may be given in addition to it or in its
place: \`type\` for \`transport\`, \`streamable-http\` for \`http\`, \`disabled\` for \`enabled\`, \`httpUrl\` or \`serverUrl\` for \`url\`, and
\`\${env:NAME}\` for \`\${NAME}\` are understood.

## Settings

\`[]\` stands for each entry of a list, \`.*\` for each of a map.
`;
