import { z } from "zod";
import { reason } from "@sark/http-api/operations";
import { identityName } from "../parameters/identity-name.ts";
import { name } from "../parameters/name.ts";

const selector = {
  user: identityName.optional().describe("A user; with `tenant`, that of this tenant"),
  agent: identityName.optional().describe("An agent; with `tenant`, that of this tenant"),
  tool: name.optional().describe("A tool of `server`"),
  server: name.optional().describe("A server, or the one that has `tool`"),
  tenant: identityName.optional().describe("A tenant, or that of `user` or `agent`"),
};

export type Selector = z.output<z.ZodObject<typeof selector>>;

export const rateLimitQuery = z.strictObject(selector).refine(isOneOrNone, {
  error:
    "name one: a user or an agent, with or without its tenant; a tool and its server; a server; or a tenant",
  path: ["user"],
});

export const rateLimitReset = z
  .strictObject({ ...selector, reason })
  .refine((body) => isOneOrNone(body) && !namesNone(body), {
    error:
      "name one: a user or an agent, with or without its tenant; a tool and its server; a server; or a tenant",
    path: ["user"],
  });

export type RateLimitReset = z.output<typeof rateLimitReset>;

export function namesNone({ user, agent, tool, server, tenant }: Selector): boolean {
  return [user, agent, tool, server, tenant].every((one) => one === undefined);
}

function isOneOrNone(selector: Selector): boolean {
  const { user, agent, tool, server, tenant } = selector;
  const people = [user, agent].filter((one) => one !== undefined).length;
  if (tool !== undefined) {
    return server !== undefined && people === 0 && tenant === undefined;
  }
  if (server !== undefined) {
    return people === 0 && tenant === undefined;
  }
  return people <= 1;
}
