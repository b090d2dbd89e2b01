import type { z } from "zod";

/** Schemas of what the commands print as JSON. Members are added, never renamed. */
export async function verificationOutput(): Promise<z.ZodType> {
  return (await import("./output-schemas.ts")).verification;
}

export async function receiptOutput(): Promise<z.ZodType> {
  return (await import("./output-schemas.ts")).receipt;
}
