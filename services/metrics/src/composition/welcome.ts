import type { Example } from "./example.ts";

/** What a newcomer needs to see after `npm run start:metrics`. */
export function welcomeText(options: {
  readonly url: string;
  readonly platformKeyFile: string | null;
  readonly example: Example | null;
  readonly database: string;
}): string {
  const { url, platformKeyFile, example, database } = options;
  const keys = [
    ...(platformKeyFile === null ? [] : [`  Platform key  ${platformKeyFile}   (manages tenants)`]),
    ...(example === null ? [] : [`  Example key   ${example.keyFile}   (tenant ${example.tenant})`]),
  ];
  return `
SARK metrics service: ${url}

${[...keys, `  Database      ${database}`].join("\n")}
${example === null ? "" : tryIt(url, example)}
Ctrl-C ends everything.
`;
}

function tryIt(url: string, { keyFile }: Example): string {
  return `
Send a score and an event of the example tenant, and see its users:

  KEY=$(cat '${keyFile}')
  curl -s -w '\\n' -H "X-API-Key: $KEY" -H 'Content-Type: application/json' '${url}/v1/scores' \\
    -d '{"id":"score-1","user_id":"alice","score":87.5}'
  printf '%s\\n' '{"kind":"activity","id":"a-1","user_id":"bob","type":"login"}' '{"kind":"score","id":"s-2","user_id":"bob","score":71}' |
    gzip | curl -s -w '\\n' -H "X-API-Key: $KEY" -H 'Content-Type: application/x-ndjson' -H 'Content-Encoding: gzip' \\
    --data-binary @- '${url}/v1/batches'
  curl -s -w '\\n' -H "X-API-Key: $KEY" '${url}/v1/users'

See live updates of its KPIs, while you send more from another terminal (Node.js 22 or newer; Ctrl-C ends it):

  TICKET=$(curl -s -X POST -H "X-API-Key: $KEY" '${url}/v1/live/tickets' | sed 's/.*"ticket":"\\([^"]*\\)".*/\\1/')
  node -e 'const s = new WebSocket(process.argv[1], ["sark.metrics.v1", "ticket." + process.argv[2]]);
    s.onmessage = ({ data }) => console.log(data);
    s.onopen = () => s.send(JSON.stringify({ type: "subscribe", kpis: ["active_users", "activity", "scores"] }))' '${url.replace(/^http/, "ws")}/v1/live' "$TICKET"
`;
}
