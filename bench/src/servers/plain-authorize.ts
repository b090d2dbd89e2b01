// The plain way of doing what POST /authorize does: the same token check and the same policy call (the gateway's own
// parts), then one INSERT and commit per request over a pool of ten. And a route that responds with a constant.
import Fastify from "fastify";
import pg from "pg";
import { loadConfig, startAuthentication, startPolicy } from "@sark/gateway";
import { serve } from "../serve.ts";
import { silentAuthentication, silentPolicy } from "../silent-observers.ts";

const TABLE = `CREATE TABLE events (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), event_type text NOT NULL, user_id text, server_name text, tool_name text,
  decision text NOT NULL, reason text NOT NULL, "timestamp" timestamptz NOT NULL, gateway_request_id text NOT NULL,
  metadata jsonb NOT NULL)`;
const INDEXED = [
  "user_id",
  '"timestamp"',
  "decision",
  "event_type",
  "server_name",
  "tool_name",
  "gateway_request_id",
];
const INSERT = `INSERT INTO events (event_type, user_id, server_name, tool_name, decision, reason, "timestamp",
  gateway_request_id, metadata) VALUES ($1, $2, $3, $4, $5, $6, now(), $7, $8) RETURNING id`;

interface Request {
  readonly server_name: string;
  readonly tool_name: string;
  readonly parameters: Record<string, never>;
}

await serve(async (settings: { dataDirectory: string; databaseUrl: string; policies: string }) => {
  const config = loadConfig({ environment: { SARK_POLICY_DIRECTORY: settings.policies } });
  const policy = await startPolicy(config.policy, silentPolicy, process.env);
  const { authenticator } = await startAuthentication(
    config.authentication,
    settings.dataDirectory,
    silentAuthentication,
  );
  const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: 10 });
  await pool.query(TABLE);
  for (const column of INDEXED) {
    await pool.query(`CREATE INDEX ON events (${column})`);
  }

  const app = Fastify({ logger: false });
  app.post("/authorize", async (request) => {
    const { principal } = await authenticator.authenticate(request.headers);
    const { server_name: server, tool_name: name, parameters } = request.body as Request;
    const decision = await policy.decide({
      principal,
      action: "gateway:tool:invoke",
      resource: { type: "tool", server, name, sensitivity: "low" },
      context: { parameters },
    });
    const { rows } = await pool.query<{ id: string }>({
      name: "insert",
      text: INSERT,
      values: [
        "tool_invoke",
        principal.id,
        server,
        name,
        decision.allow ? "allow" : "deny",
        decision.reason,
        request.id,
        JSON.stringify({ parameters }),
      ],
    });
    return {
      allow: decision.allow,
      reason: decision.reason,
      audit_id: rows[0]?.id,
      cache_ttl: decision.cacheTtlSeconds,
    };
  });
  app.post("/constant", async () => ({ allow: true, reason: "a constant", audit_id: "none", cache_ttl: 0 }));
  app.get("/cached-decision", async (request) => {
    const { principal } = await authenticator.authenticate(request.headers);
    return { milliseconds: await timeCachedDecision(policy, principal) };
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    ready: { url },
    async close() {
      await app.close();
      await pool.end();
    },
  };
});

/** Milliseconds of policy time for a decision that the cache holds: the mean of many in a row. */
async function timeCachedDecision(
  policy: Awaited<ReturnType<typeof startPolicy>>,
  principal: Parameters<typeof policy.decide>[0]["principal"],
): Promise<number> {
  const decide = () =>
    policy.decide({
      principal,
      action: "gateway:tool:invoke",
      resource: { type: "tool", server: "tools", name: "look-up", sensitivity: "low" },
      context: { parameters: { question: "what is six times seven" } },
    });
  for (let index = 0; index < 2_000; index += 1) {
    await decide();
  }
  const started = performance.now();
  for (let index = 0; index < 20_000; index += 1) {
    await decide();
  }
  return (performance.now() - started) / 20_000;
}
