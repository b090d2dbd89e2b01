import { varies } from "@sark/http-api";
import { z } from "zod";
import { TENANT_ROLES } from "../../domain/roles.ts";
import { nameSchema } from "../parameters/schemas.ts";

export const apiKey = z
  .object({
    id: z.uuid(),
    name: z.string(),
    principal: z.string(),
    type: z.enum(["user", "agent"]),
    roles: z.array(z.string()),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    revoked_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "ApiKey" });
export const issued = z
  .object({ key: z.string().describe("The key itself: nothing shows it again"), api_key: apiKey })
  .meta({ id: "IssuedApiKey" });
export const newKey = z.strictObject({
  name: nameSchema(),
  principal: nameSchema().describe("Who is known by it"),
  type: z.enum(["user", "agent"]).default("agent"),
  roles: z.array(z.enum(TENANT_ROLES)).min(1).max(TENANT_ROLES.length),
  expires_at: z.iso.datetime({ offset: true }).nullable().optional(),
});
export const exampleKey = {
  id: varies("018f3c7e-0000-7000-8000-000000000000", "key_id"),
  name: "ingest",
  principal: "collector",
  type: "agent",
  roles: ["sender"],
  created_by: "acme-admin",
  created_at: varies("2026-11-28T12:00:00.000Z"),
  expires_at: null,
  revoked_at: null,
};
export const exampleIssued = { key: varies("sark_…"), api_key: exampleKey };

export type NewKeyBody = z.output<typeof newKey>;
