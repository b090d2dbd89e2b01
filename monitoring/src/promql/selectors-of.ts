import { nodesOf, parseQuery } from "./tree.ts";

/** Every selector of series in a query, as it is written there, variables included. */
export function selectorsOf(expr: string): string[] {
  // Names of Grafana's own stand in windows only, which are no part of a selector.
  const query = parseQuery(expr);
  return nodesOf(query.root, "VectorSelector").map(({ from, to }) => query.text.slice(from, to));
}
