export { runMigrations } from "../postgres/migrations.ts";
export { createPool, withClient } from "../postgres/pool.ts";
export { type Queryable } from "../postgres/queryable.ts";
export { inTransaction } from "../postgres/transaction.ts";
export { arrayLiteral } from "../postgres/array-literal.ts";
