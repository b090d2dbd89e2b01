import { z } from "zod";

export const resourceMetadata = z.strictObject({
  resource: z.string().describe("URI of the resource: what tokens for it have in `aud`."),
  authorization_servers: z
    .array(z.string())
    .describe("Issuers whose tokens are accepted, in the order of the configuration."),
  bearer_methods_supported: z.array(z.literal("header")).describe("How a token is sent: in `Authorization`."),
  scopes_supported: z
    .array(z.string())
    .optional()
    .describe("Scopes that everything here takes. What else takes some is said when it is asked for."),
});
