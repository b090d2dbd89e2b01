import { dirname } from "node:path";
import type { Import } from "./read-imports.ts";

/** An edge between two folders, and one import that makes it. */
export type FolderGraph = Map<string, Map<string, Import>>;

/**
 * The graphs in which a cycle is a fault: one of all folders, each with the files that lie in it directly, and one
 * for the folders within each folder, each with all that lies below it. The files beside a package's `src/index.ts`
 * count alone: they are its entries and its foundation.
 */
export function folderGraphs(imports: readonly Import[]): FolderGraph[] {
  const flat: FolderGraph = new Map();
  const within = new Map<string, FolderGraph>();
  for (const made of imports) {
    const from = folderOf(made.from);
    const to = folderOf(made.to);
    add(flat, from, to, made);
    const [parent, a, b] = part(from, to);
    if (a !== "" && b !== "") {
      let graph = within.get(parent);
      if (graph === undefined) {
        within.set(parent, (graph = new Map()));
      }
      add(graph, `${parent}/${a}`, `${parent}/${b}`, made);
    }
  }
  return [flat, ...within.values()];
}

function add(graph: FolderGraph, from: string, to: string, made: Import): void {
  if (from === to) {
    return;
  }
  const edges = graph.get(from) ?? new Map<string, Import>();
  graph.set(from, edges.has(to) ? edges : edges.set(to, made));
}

function folderOf(file: string): string {
  const folder = dirname(file);
  return folder.endsWith("/src") ? file : folder;
}

/** Where two paths part: what they share, and the next name of each. */
function part(from: string, to: string): [parent: string, from: string, to: string] {
  const a = from.split("/");
  const b = to.split("/");
  let shared = 0;
  while (shared < a.length && shared < b.length && a[shared] === b[shared]) {
    shared += 1;
  }
  return [a.slice(0, shared).join("/"), a[shared] ?? "", b[shared] ?? ""];
}
