import type { QueryType } from "./query-types.ts";

/** What the database is told of. Implementations must not throw. */
export interface DatabaseObserver {
  /** A transaction is over. `tenant`: `null` where it was for all of them. */
  transactionEnded(event: {
    readonly type: QueryType;
    readonly tenant: string | null;
    readonly seconds: number;
    readonly failed: boolean;
  }): void;
}
