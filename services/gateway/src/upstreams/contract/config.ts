import { byteSizeSchema, durationSchema, textWithReferencesSchema } from "@sark/observability/settings";
import { z } from "zod";
import { SENSITIVITY_LEVELS } from "../../domain/authorization.ts";
import { SERVER_NAME } from "../../domain/upstream.ts";
import { upstreamOauthSchema } from "./oauth-config.ts";

const duration = durationSchema();
const size = byteSizeSchema();
const count = z.number().int().positive();
const sensitivity = z.enum(SENSITIVITY_LEVELS);

const name = z
  .string()
  .regex(SERVER_NAME, "use up to 64 of a-z, 0-9, '-', '_' and '.', not starting with a sign")
  .describe("Name in URLs, policies and metrics.");

const described = {
  name,
  enabled: z.boolean().default(true).describe("false leaves the entry out."),
  description: z.string().max(1_000).default("").describe("One sentence for people who list servers."),
  sensitivity: sensitivity
    .default("medium")
    .describe("How delicate the server's tools, resources and prompts are unless `tools` says otherwise."),
  tools: z
    .record(z.string().min(1).max(200), sensitivity)
    .default({})
    .describe(
      "Sensitivity by tool name; `*` stands for any characters. An exact name wins, else the strictest match.",
    ),
  propagateTrace: z
    .boolean()
    .default(true)
    .describe(
      "Sends W3C trace context along: in headers, and in `params._meta` where the protocol has no better place. `false` keeps all of it from this server, the client's own included.",
    ),
};

const request = duration
  .optional()
  .describe("Longest silence about a request, instead of `mcp.requestTimeout`, longer or shorter.");

const httpTimeouts = z.strictObject({
  request,
  connect: duration.prefault("5s").describe("To connect, TLS included."),
  headers: duration
    .optional()
    .describe(
      "From the start of a request to the head of its response, where that has to be shorter than `request`.",
    ),
  idle: duration
    .optional()
    .describe(
      "Longest time without a byte within a response, where that has to be shorter than `request`; the streams of GET are exempt.",
    ),
});

const httpLimits = z.strictObject({
  connections: count.default(64).describe("Connections for calls."),
  waiting: z.number().int().min(0).default(256).describe("Calls that may wait for a connection."),
  streams: count.default(256).describe("Connections for streams that stay open."),
});

const httpUpstreamConfigSchema = z
  .strictObject({
    ...described,
    transport: z.literal("http").describe("`http` (Streamable HTTP); may be left out where there is `url`."),
    url: z
      .url({ protocol: /^https?$/, error: "must be an http or https URL" })
      .refine((url) => !URL.canParse(url) || new URL(url).username + new URL(url).password === "", {
        message: "must not contain credentials; put them into `headers`",
      })
      .refine((url) => !url.includes("${"), {
        message: "must not refer to secrets; they go into `headers`",
      })
      .describe(
        "The server's MCP endpoint over Streamable HTTP. For one that has the retired HTTP+SSE transport only, configure a bridge as a stdio server: command `npx`, args `-y mcp-remote URL --transport sse-only`.",
      ),
    headers: z
      .record(
        z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "is not a header name: letters, digits and -"),
        textWithReferencesSchema(),
      )
      .superRefine((headers, context) => {
        const names = Object.keys(headers);
        for (const [at, name] of names.entries()) {
          const first = names.findIndex((other) => other.toLowerCase() === name.toLowerCase());
          if (first === at) {
            continue;
          }
          const message = `is the same header as ${names[first]}: case does not matter`;
          context.addIssue({ code: "custom", path: [name], message });
        }
      })
      .transform((headers) =>
        Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      )
      .prefault({})
      .describe(
        "Sent with every request. Values may refer to secrets, as in `Bearer ${TOKEN}`; files are read again when they change.",
      ),
    oauth: upstreamOauthSchema
      .optional()
      .describe(
        "Where the gateway gets the tokens that it sends to this server in `Authorization`, which `headers` does not have then.",
      ),
    renewSessions: z
      .enum(["never", "unused", "used"])
      .default("unused")
      .describe(
        "When the server knows a session no more, because it was restarted, another one is begun in its place: `unused` where the session has called no tool, `used` also where it has (for servers that keep nothing between calls), `never`: the client gets 404 and begins anew, as it also does wherever it had subscribed to something or set a log level.",
      ),
    caFile: z
      .string()
      .optional()
      .describe(
        "PEM of the authority to trust for this server, instead of the system's; read again when it changes.",
      ),
    timeouts: httpTimeouts.prefault({}),
    limits: httpLimits.prefault({}),
  })
  .refine(({ headers, oauth }) => oauth === undefined || headers["authorization"] === undefined, {
    error: "either `headers` has Authorization, or `oauth` gets it",
    path: ["oauth"],
  });

const stdioTimeouts = z.strictObject({
  request,
  streamAfter: duration
    .prefault("10s")
    .describe(
      "The response to a call that takes longer is an event stream, so that its client can come back for it; to a faster one it is JSON, unless the server says something before it.",
    ),
  sessionIdle: duration.prefault("30m").describe("A session that is not used ends after this time."),
  displaceAfter: duration
    .prefault("1m")
    .describe("A session unused for this long ends when all places are taken and another caller needs one."),
  resume: duration
    .prefault("10s")
    .describe("A client that lost its connection may come back for its response within this time."),
  probe: duration
    .prefault("10s")
    .describe(
      "A server that does not respond to `server/discover` within this time speaks the older revisions only.",
    ),
  stop: duration.prefault("2s").describe("Each of the steps: end of input, SIGTERM, SIGKILL."),
});

const stdioLimits = z.strictObject({
  sessions: count.default(32).describe("Processes at once, one for each session."),
  sessionsPerCaller: count
    .default(8)
    .describe("Those of one caller, who gives up its own longest unused session for a further one."),
  inFlight: count.default(256).describe("Requests at once, for each process."),
  inFlightPerCaller: count
    .default(64)
    .describe("Those of one caller in the process that all callers of the stateless revision share."),
  messageSize: size.prefault("16MiB").describe("Longest message that the server may send."),
  replayEvents: count.default(256).describe("Events of a session kept for clients that come back."),
  replaySize: size.prefault("1MiB").describe("Size of all of them."),
});

const stdioUpstreamConfigSchema = z.strictObject({
  ...described,
  transport: z.literal("stdio").describe("`stdio`; may be left out where there is `command`."),
  command: z.string().min(1).describe("Program to start."),
  args: z.array(z.string()).default([]).describe("Its arguments."),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not the name of an environment variable"),
      textWithReferencesSchema(),
    )
    .default({})
    .describe(
      "Its environment, in addition to PATH, HOME, LANG and the like; the gateway's own is not inherited. Values may refer to secrets; a changed file counts from the next start of the program.",
    ),
  cwd: z.string().optional().describe("Its working directory."),
  timeouts: stdioTimeouts.prefault({}),
  limits: stdioLimits.prefault({}),
});

/** One MCP server behind the gateway, as configured. Unknown keys are refused. */
export const upstreamConfigSchema = z.discriminatedUnion(
  "transport",
  [httpUpstreamConfigSchema, stdioUpstreamConfigSchema],
  { error: "must be `http`, with `url`, or `stdio`, with `command`" },
);
export type UpstreamConfig = z.infer<typeof upstreamConfigSchema>;
export type HttpUpstreamConfig = z.infer<typeof httpUpstreamConfigSchema>;
export type StdioUpstreamConfig = z.infer<typeof stdioUpstreamConfigSchema>;
