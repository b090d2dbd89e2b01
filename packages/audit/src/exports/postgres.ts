export { waitForWork } from "../postgres/advisory-locks.ts";
export { runMigrations, undoMigrations } from "../postgres/migrations.ts";
export { createPool, withClient } from "../postgres/pool.ts";
export { type Queryable } from "../postgres/queryable.ts";
export { inPartOfTransaction, inTransaction } from "../postgres/transaction.ts";
export { arrayLiteral } from "../postgres/array-literal.ts";
