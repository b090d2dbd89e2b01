import pg from "pg";

interface TrailRow {
  readonly seq: string;
  readonly time: Date;
  readonly phase: string;
  readonly event_type: string;
  readonly who: string;
  readonly what: string;
  readonly decision: string;
  readonly outcome: string | null;
  readonly reason: string;
}

/** Every record of one request, in the order in which they were committed. */
export async function trailOf(databaseUrl: string, requestId: string): Promise<TrailRow[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<TrailRow>(
    `SELECT seq, "timestamp" AS time, phase, event_type, coalesce(user_id, agent_id) AS who,
            concat_ws('/', server_name, tool_name) AS what, decision, outcome, reason
     FROM gateway_audit_events WHERE gateway_request_id = $1 ORDER BY gateway_audit_events.seq`,
    [requestId],
  );
  await client.end();
  return rows;
}

/** The request of the newest call of this tool. */
export async function newestRequest(databaseUrl: string, tool: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ id: string }>(
    `SELECT gateway_request_id AS id FROM gateway_audit_events
     WHERE tool_name = $1 AND phase = 'intent' ORDER BY gateway_audit_events.seq DESC LIMIT 1`,
    [tool],
  );
  await client.end();
  return rows[0]?.id ?? "";
}

const SAMPLE = /^(\w+)(?:\{(.*)\})? (\S+)$/;

/** The metrics that tell the demo's story, as rows: what is counted, of what, and how many. */
export function mainMetrics(exposition: string): string[][] {
  return exposition.split("\n").flatMap((line) => {
    const [, name = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
    const what = COUNTED[name];
    return what === undefined || value === "0"
      ? []
      : [[what, labels.replaceAll(/\w+="([^"]*)",?/g, "$1 ").trim(), value]];
  });
}

const COUNTED: Readonly<Record<string, string>> = {
  sark_gateway_authz_requests_total: "decisions",
  sark_gateway_cache_hits_total: "decisions from the cache",
  sark_gateway_calls_total: "calls",
  sark_gateway_audit_events_total: "audit events",
  sark_gateway_client_errors_total: "errors",
  sark_gateway_authentication_failures_total: "failed authentications",
};

export function heading(text: string): void {
  console.log(`\n${text}\n${"─".repeat(text.length)}`);
}

export function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of rows) {
    console.log(
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()}`,
    );
  }
}
