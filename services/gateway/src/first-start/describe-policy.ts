import type { PolicyEngine } from "../domain/authorization.ts";

const CHECK_MS = 1_000;

/** Where decisions come from, for the person who starts the gateway; says so when there are none, as then every call is denied. */
export async function describePolicy(policy: PolicyEngine, source: string): Promise<string> {
  try {
    await policy.check(AbortSignal.timeout(CHECK_MS));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `${source}   EVERY CALL IS DENIED: ${reason}`;
  }
  return policy.name === "cedar" ? `${source}   (edits take effect at once)` : `OPA at ${source}`;
}
