import type { Arbitrary } from "fast-check";

/** What one client does over one connection; prints as what it sends, with placeholders in the place of credentials. */
export interface HostileCase {
  /** Of what kind it is, for counts. */
  readonly kind: "mcp" | "rest" | "head" | "raw";
  /** In latin1, so that it can be printed and sent again. */
  readonly pieces: readonly string[];
  /** One whole request that has `Connection: close`. */
  readonly whole: boolean;
  /** What the table of endpoints knows it by, where it is a request to one. */
  readonly endpoint?: { readonly method: string; readonly path: string };
  /** Its response has no body. */
  readonly toHead?: boolean;
}

export type CaseArbitrary = Arbitrary<HostileCase>;
