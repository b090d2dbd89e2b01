import { isDeepStrictEqual } from "node:util";
import pg from "pg";
import { READERS, readLoosely } from "./loose-json.ts";

/** Compares what servers got with what the audit log allows. */
export interface GovernedCalls {
  /** Told of each body before its server does anything about it. */
  check(server: string, body: string): Promise<void>;
  /** What was found since this was asked last. */
  takeProblems(): string[];
  /** Calls of tools that servers got. */
  readonly seen: number;
  close(): Promise<void>;
}

interface Asked {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const INTENTS = `SELECT e.id, e.tool_name, convert_from(p.body, 'UTF8') AS arguments
FROM gateway_audit_events AS e LEFT JOIN gateway_audit_payloads AS p ON p.event_id = e.id AND p.kind = 'arguments'
WHERE e.phase = 'intent' AND e.decision = 'allow' AND e.event_type = 'tool_invoke' AND e.server_name = $1
ORDER BY e.seq DESC LIMIT 200`;

/**
 * A call that a server gets has an intent that was committed before, of the same tool with the same arguments, and no
 * other call has it; and nothing that policy denies is in it, however a server reads it.
 */
export function checkGovernedCalls(databaseUrl: string): GovernedCalls {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  pool.on("error", () => undefined);
  const used = new Set<string>();
  let problems: string[] = [];
  let seen = 0;

  async function hasIntent(server: string, name: string, args: unknown): Promise<boolean> {
    const { rows } = await pool.query<{ id: string; tool_name: string; arguments: string | null }>(INTENTS, [
      server,
    ]);
    const own = rows.find(
      ({ id, tool_name: tool, arguments: kept }) =>
        tool === name &&
        !used.has(id) &&
        isDeepStrictEqual(kept === null ? undefined : JSON.parse(kept), args),
    );
    if (own !== undefined) {
      used.add(own.id);
    }
    return own !== undefined;
  }

  async function findProblem(server: string, body: string): Promise<string | null> {
    for (const reader of READERS) {
      const denied = asked(readLoosely(body, reader)).find(isDenied);
      if (denied !== undefined) {
        return `${server} got what is denied, to a reader with ${JSON.stringify(reader)}`;
      }
    }
    for (const { method, params } of asked(JSON.parse(body, zeroForMinusZero) as unknown)) {
      if (method !== "tools/call") {
        continue;
      }
      seen += 1;
      if (!(await hasIntent(server, String(params["name"]), params["arguments"]))) {
        return `${server} got a call without an intent of its own`;
      }
    }
    return null;
  }

  return {
    async check(server, body) {
      const problem = await findProblem(server, body).catch(
        (error: unknown) => `${server} got what is no JSON: ${String(error)}`,
      );
      if (problem !== null) {
        problems.push(`${problem}: ${body.slice(0, 500)}`);
      }
    },
    takeProblems() {
      const taken = problems;
      problems = [];
      return taken;
    },
    get seen() {
      return seen;
    },
    close: () => pool.end(),
  };
}

/** Minus zero is zero to the log, as to canonical JSON (RFC 8785). */
function zeroForMinusZero(_name: string, value: unknown): unknown {
  return value === 0 ? 0 : value;
}

/** Requests in a document, to a reader that takes any object with a method for one. */
function asked(document: unknown): readonly Asked[] {
  return [document].flat().flatMap((message) => {
    const { method, params } = Object(message) as { method?: unknown; params?: unknown };
    return typeof method === "string" ? [{ method, params: Object(params) as Asked["params"] }] : [];
  });
}

/** As the policies of `world/start-world.ts` say. */
function isDenied({ method, params }: Asked): boolean {
  const { name, uri, arguments: args } = params;
  switch (method.toLowerCase()) {
    case "tools/call":
      return !String(name).startsWith("ok") || Object.hasOwn(Object(args) as object, "danger");
    case "prompts/get":
      return !String(name).startsWith("ok");
    case "resources/read":
      return String(uri).includes("secret");
    default:
      return false;
  }
}
