/** What follows a message about unknown settings or variables. `place`: empty for what stands in no section. */
export function hintAt(place: string, text: string): string {
  const servers = place === "" && /"servers"/.test(text) ? "; MCP servers go into `mcpServers`" : "";
  const former = text.startsWith("Unrecognized key") || text.startsWith("SARK_") ? formerForm(text) : "";
  return servers + former;
}

/** What to write in place of a setting that is named as in the first versions, with its unit or as a file. */
function formerForm(names: string): string {
  const units = /(?:Ms|Seconds|Days|Bytes)"|_(?:MS|SECONDS|DAYS|BYTES)\b/.test(names)
    ? '; durations and sizes are written with their unit ("30s", "64KiB"), in settings without one in the name'
    : "";
  const files = /File"|_FILE\b/.test(names) ? "; the file of a secret is written as `${file:PATH}`" : "";
  const audiences = names.includes('"audience"') ? "; write `audiences`, a list" : "";
  return units + files + audiences;
}
