import type { DecisionCode, PolicyEngine } from "../domain/authorization.ts";

type EngineName = PolicyEngine["name"];

/** What happens in the policy layer, as a closed list; the gateway's telemetry counts and logs it. */
export interface PolicyObserver {
  /** An engine begins to decide; `decided` follows, whatever becomes of it. */
  asked(event: { readonly engine: EngineName }): void;
  /** An engine decided; what the cache decides is a `cacheHit`. */
  decided(event: {
    readonly engine: EngineName;
    readonly code: DecisionCode;
    readonly seconds: number;
    /** What went wrong, for the log, where `code` is a fault (`policy_timeout`, `_unavailable`, `_error`) or the request's (`undecidable_request`); else `null`. */
    readonly fault: string | null;
  }): void;
  /** A policy set is in force from now on. */
  loaded(event: {
    readonly engine: EngineName;
    readonly revision: string;
    readonly policies: number;
    readonly seconds: number;
    /** What the validator found questionable; the set is in force all the same. */
    readonly warnings: readonly string[];
  }): void;
  /** What is on disk cannot be used; the revision before it, if any, stays in force. */
  loadFailed(event: {
    readonly engine: EngineName;
    readonly file: string | null;
    readonly line: number | null;
    readonly message: string;
    readonly revisionInForce: string | null;
  }): void;
  /** The file of OPA's token changed: it is in use now (`null`), or cannot be, and the token before still is. */
  tokenFileChanged(event: { readonly problem: string | null }): void;
  /** Decisions are kept from now on; `size` of them right now. */
  cacheOpened(event: { size(): number; readonly maxEntries: number; readonly ttlMs: number }): void;
  cacheHit(): void;
  cacheMiss(): void;
  /** A decision was dropped because the cache was full. */
  evicted(): void;
}

/** For what is decided on trial. */
export const SILENT_POLICY_OBSERVER: PolicyObserver = {
  asked: () => {},
  decided: () => {},
  loaded: () => {},
  loadFailed: () => {},
  tokenFileChanged: () => {},
  cacheOpened: () => {},
  cacheHit: () => {},
  cacheMiss: () => {},
  evicted: () => {},
};
