import { exampleQueries, type Catalog } from "@sark/observability/metrics";
import { familyOf } from "../catalog/metrics.ts";
import { checkQuery } from "../promql/query-problems.ts";

/** What is wrong with the example queries of catalogs, one sentence each. */
export function exampleProblems(catalogs: readonly Catalog[]): string[] {
  const definitions = new Map(catalogs.flatMap((catalog) => Object.entries(catalog)));
  return [...definitions].flatMap(([name, definition]) =>
    exampleQueries(name, definition).flatMap((query) =>
      checkQuery(query, familyOf).problems.map((problem) => `${name}: its example ${query}: ${problem}`),
    ),
  );
}
