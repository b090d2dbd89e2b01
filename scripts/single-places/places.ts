/** A mechanism, and the only files that may spell it: everyone else calls it there. */
export interface SinglePlace {
  readonly pattern: RegExp;
  /** Globs, from the repository's root. */
  readonly files: readonly string[];
  readonly because: string;
}

export const SINGLE_PLACES: readonly SinglePlace[] = [
  {
    pattern: /\bpg_(?:try_)?advisory_\w+\(/,
    files: ["packages/audit/src/postgres/advisory-locks.ts"],
    because: "advisory locks are taken by the calls of postgres/advisory-locks.ts, which lists their numbers",
  },
  {
    pattern: /\binterface Queryable\b/,
    files: ["packages/audit/src/postgres/queryable.ts"],
    because: "postgres/queryable.ts says what takes a statement",
  },
  {
    pattern: /\bnew pg\.(?:Pool|Client)\(/,
    files: ["packages/audit/src/postgres/*.ts"],
    because: "connections are opened, bounded and watched in postgres/",
  },
  {
    pattern: /["'`](?:BEGIN|COMMIT|ROLLBACK)\b/,
    // A locked SQLite file is how a folder is locked.
    files: ["packages/audit/src/postgres/*.ts", "packages/observability/src/files/lock-folder.ts"],
    because: "postgres/ begins and ends transactions, whatever happens between",
  },
  {
    pattern: /\bMath\.random\b/,
    // What senders install has no library.
    files: ["packages/observability/src/waiting/backoff.ts", "packages/metrics-sender/src/pause.ts"],
    because: "waiting longer after each failure, by a random part, is waiting/backoff.ts",
  },
  {
    pattern: /\{[^}]*\bsetTimeout\b[^}]*\} from "node:timers\/promises"/,
    files: ["packages/observability/src/waiting/*.ts"],
    because: "waiting that can be ended is wait() of @sark/observability/waiting",
  },
  {
    // `tail = tail.then(…)`, and the same in two steps: `const done = tail.then(…); tail = done…`.
    pattern: /\b(\w+) = \1\.then\(|\b(\w+) = (\w+)\.then\([^]{0,600}?\b\3 = \2\b/,
    files: ["packages/observability/src/waiting/sequence.ts"],
    because: "work that is done one after the other is createSequence() of @sark/observability/waiting",
  },
  {
    pattern: /\bStringDecoder\b/,
    files: ["packages/observability/src/lines/*.ts"],
    because: "lines of a byte stream are split, within a bound, by @sark/observability/lines",
  },
  {
    pattern: /(["'`])event: message\\n|"eventsource-parser"/,
    files: ["services/gateway/src/event-streams/*.ts"],
    because: "events of a stream are read and written in event-streams/",
  },
  {
    // The dates of MCP's revisions, and of a draft that is none; an example of a time is none either.
    pattern: /\b202(?:4-1(?:0-07|1-05)|5-(?:03-26|06-18|11-25)|6-07-28)\b(?!T)/,
    files: [
      "services/gateway/src/mcp-protocol/revisions.ts",
      "services/gateway/src/mcp-protocol/revisions/**",
    ],
    because:
      "the revisions of MCP that are spoken stand in mcp-protocol/revisions.ts, and are taken from there",
  },
  {
    pattern: /\.safeParse\(/,
    files: [
      "packages/observability/src/validation/*.ts",
      // Values of no outsider: none at all, a setting, a file of the gateway's own, what a replica sealed, a response to a tool.
      "packages/http-api/src/routes/read-input.ts",
      "packages/settings/src/load.ts",
      "services/gateway/src/authentication/api-keys/key-file.ts",
      "services/gateway/src/sessions/shared/*.ts",
      "services/gateway/src/upstreams/renewal/shared-beginnings.ts",
      "tools/operations/src/gateway-client/client.ts",
    ],
    because: "safeParse throws for some values of JSON: what comes from outside goes through validate()",
  },
  {
    pattern: /\bexport function canonicalJson\(/,
    files: ["packages/audit/src/json/*.ts"],
    because: "canonical JSON has one writer, as what is signed depends on each byte",
  },
];
