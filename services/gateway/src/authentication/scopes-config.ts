import { z } from "zod";
import { SCOPE } from "@sark/authentication/config";
import { SERVER_NAME } from "../domain/upstream.ts";

/** A header with all of them has to be taken by any client, and the reason of a denial by the audit log. */
const MAX_TEXT = 2_048;

const scope = z.string().regex(SCOPE, "is not a scope (RFC 6749, section 3.3)");

/** A wish of clients for refresh tokens: no resource takes it (MCP, authorization, refresh tokens). */
const OFFLINE = "offline_access";

const ruleSchema = z
  .strictObject({
    server: z
      .string()
      .regex(SERVER_NAME, "is not the name of a server")
      .optional()
      .describe("MCP server, by its name; without it, all of them."),
    tools: z
      .array(z.string().min(1).max(200))
      .min(1)
      .max(1_000)
      .optional()
      .describe("Calls of these tools of `server`, by their exact names."),
    methods: z
      .array(z.string().min(1).max(128))
      .min(1)
      .max(100)
      .optional()
      .describe("These methods, as MCP calls them: `resources/read`, `prompts/get`, `tools/call`, …"),
    scopes: z
      .array(scope)
      .min(1)
      .max(50)
      .refine(
        (scopes) => !scopes.includes(OFFLINE),
        `must not have ${OFFLINE}: clients ask for it themselves`,
      )
      .describe("Scopes that it takes, all of them."),
  })
  .refine(({ server, tools }) => tools === undefined || server !== undefined, {
    error: "needs `server`: names of tools are those of one server",
    path: ["tools"],
  })
  .refine(({ tools, methods }) => tools === undefined || methods === undefined, {
    error: "either `tools`, which are called by tools/call, or `methods`",
    path: ["methods"],
  });

/** Which scopes tokens need. */
export const scopesSchema = z.strictObject({
  required: z
    .array(ruleSchema)
    .max(1_000)
    .superRefine((rules, context) => {
      for (const server of [undefined, ...new Set(rules.map((rule) => rule.server))]) {
        const scopes = rules.flatMap((rule) =>
          rule.server === undefined || rule.server === server ? rule.scopes : [],
        );
        if ([...new Set(scopes)].join(" ").length > MAX_TEXT) {
          const message = `the scopes of ${server ?? "all servers"} are longer than ${MAX_TEXT} characters together`;
          context.addIssue({ code: "custom", message });
        }
      }
    })
    .default([])
    .describe(
      "What takes which scopes. A call takes those of all entries that it fits; without `tools` and `methods` an entry is for all that a server does.",
    ),
  implied: z
    .record(scope, z.array(scope).min(1).max(100))
    .refine((implied) => Object.keys(implied).length <= 500, "has more than 500 scopes")
    .default({})
    .describe("Broader scopes, each with the narrower ones that it includes."),
});
