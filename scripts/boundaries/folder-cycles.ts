import { findCycles } from "./find-cycles.ts";
import { folderGraphs, type FolderGraph } from "./folder-graphs.ts";
import type { Import } from "./read-imports.ts";

/** Tests and their set-up may look at all of a package. */
const OF_TESTS = /\.test\.ts$|\/testing(?:\/|\.ts$)|^packages\/testkit\//;

/** One line for each group of folders that import each other, with an import for each of its edges. */
export function folderCycles(imports: readonly Import[]): string[] {
  const own = imports.filter(
    ({ from, to }) => !OF_TESTS.test(from) && !OF_TESTS.test(to) && to.endsWith(".ts"),
  );
  const lines = folderGraphs(own).flatMap((graph) =>
    findCycles(new Map([...graph].map(([from, edges]) => [from, new Set(edges.keys())]))).map((cycle) =>
      describe(cycle, graph),
    ),
  );
  return [...new Set(lines)];
}

function describe(cycle: readonly string[], graph: FolderGraph): string {
  const edges = cycle.flatMap((from) =>
    [...(graph.get(from) ?? [])]
      .filter(([to]) => cycle.includes(to))
      .map(([, made]) => `    ${made.from} → ${made.to}`),
  );
  return [`folders import each other in a cycle: ${cycle.join(", ")}`, ...edges].join("\n");
}
