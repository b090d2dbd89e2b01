import type { Ingested } from "../protocol/names.ts";
import type { History } from "./history.ts";

/** What is committed, tenant by tenant, as a sequence that all replicas number alike where they share something. */
export interface Streams {
  /** After the commit. Never throws and never waits. */
  publish(tenant: string, ingested: Ingested, at: number): void;
  /** Follows a tenant from now on, until `leave`. Rejects nothing: without what replicas share it is local. */
  follow(tenant: string): Promise<void>;
  leave(tenant: string): void;
  /** Of a tenant that is followed. It is another one where sequence numbers have begun anew. */
  historyOf(tenant: string): History | undefined;
  /** Called with each tenant that is followed and has new entries, or another history. */
  onAdvance(listener: (tenant: string) => void): void;
}
