import { createPublicKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSigningKey, signToken } from "@sark/testkit";

/** Who sends requests, by what they may do. */
export const CALLERS = {
  alice: { roles: [] },
  bob: { roles: [], tenant: "acme" },
  root: { roles: ["admin"] },
  olga: { roles: ["auditor"] },
  otto: { roles: ["operator"] },
  planner: { roles: ["agent"], principal_type: "agent" },
  prometheus: { roles: ["metrics"] },
  edge: { roles: ["gateway"] },
} as const;
export type CallerName = keyof typeof CALLERS;
export const CALLER_NAMES = Object.keys(CALLERS) as CallerName[];

export interface Issued {
  /** Of `authentication.jwt`. */
  readonly issuer: Readonly<Record<string, unknown>>;
  readonly tokens: Readonly<Record<CallerName, string>>;
}

/** Tokens of all callers, and the configuration that takes them; its key stands in `folder`. */
export async function issueTokens(folder: string): Promise<Issued> {
  const key = await createSigningKey("ES256");
  const publicKeyFile = join(folder, "issuer.pem");
  const publicKey = createPublicKey({ key: key.publicJwk, format: "jwk" });
  writeFileSync(publicKeyFile, publicKey.export({ type: "spki", format: "pem" }));
  const exp = Math.floor(Date.now() / 1_000) + 86_400;
  const signed = CALLER_NAMES.map(async (sub) => {
    const { roles, ...claims } = CALLERS[sub];
    return [
      sub,
      await signToken({ iss: "hostile", aud: "sark", sub, exp, ...claims, roles: [...roles] }, key),
    ];
  });
  return {
    issuer: { issuer: "hostile", audiences: ["sark"], publicKeyFile, algorithms: ["ES256"] },
    tokens: Object.fromEntries(await Promise.all(signed)) as Record<CallerName, string>,
  };
}
