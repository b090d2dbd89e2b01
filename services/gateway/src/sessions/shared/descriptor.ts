import { z } from "zod";
import type { Principal } from "../../domain/principal.ts";
import { SESSION_KINDS, type ClientClaim, type SeenSession } from "../../domain/sessions.ts";
import type { SessionEntry } from "../session-entry.ts";
import type { Seal } from "@sark/shared-state";

/** What any replica has to know of a session to show it, to end it at its server, and to record its end. */
export type Descriptor = Omit<SeenSession, "client"> & { readonly client: ClientClaim | null };

/** Of a session that this replica knows. */
export function descriptorOf({
  fingerprint,
  kind,
  server,
  transport,
  upstreamId,
  createdAt,
  caller,
  protocolVersion,
  client,
}: SessionEntry): Descriptor {
  return { fingerprint, kind, server, transport, upstreamId, createdAt, caller, protocolVersion, client };
}

const text = z.string().max(4_096);

const descriptorSchema = z.object({
  kind: z.enum(SESSION_KINDS),
  server: text,
  transport: z.enum(["tcp", "pipe"]),
  upstreamId: text.nullable(),
  createdAt: z.number(),
  protocolVersion: text.nullable(),
  client: z.object({ name: text, version: text }).nullable(),
  caller: z.object({
    principal: z.object({
      id: text,
      type: z.enum(["user", "agent"]),
      actor: text.nullable(),
      tenant: text.nullable(),
      method: z.custom<Principal["method"]>((value) => typeof value === "string"),
    }),
    correlationId: text,
    clientAddress: text,
    credential: text,
  }),
});

/** Sealed: it holds the id that the server knows the session by, and who its caller is. */
export function sealDescriptor(seal: Seal, { fingerprint, caller, ...session }: Descriptor): string {
  const { principal, correlationId, clientAddress, credential } = caller;
  const { id, type, actor, tenant, method } = principal;
  const known = { principal: { id, type, actor, tenant, method }, correlationId, clientAddress, credential };
  return seal.close(fingerprint, JSON.stringify({ ...session, caller: known }));
}

/** `null` for what no replica with this key has written of this session. */
export function openDescriptor(seal: Seal, fingerprint: string, sealed: string): Descriptor | null {
  const opened = seal.open(fingerprint, sealed);
  if (opened === null) {
    return null;
  }
  const parsed = descriptorSchema.safeParse(JSON.parse(opened));
  if (!parsed.success) {
    return null;
  }
  const { caller, ...session } = parsed.data;
  const principal = { ...caller.principal, roles: [], attributes: {} };
  return { ...session, fingerprint, caller: { ...caller, principal, traceHeaders: {} } };
}
