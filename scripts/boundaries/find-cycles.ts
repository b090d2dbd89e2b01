/** Groups of names of which each reaches every other one, in a graph of edges (Tarjan's components of two or more). */
export function findCycles(edges: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const order = new Map<string, number>();
  const open: string[] = [];
  const cycles: string[][] = [];

  function visit(name: string): number {
    const index = order.size;
    order.set(name, index);
    let low = index;
    open.push(name);
    for (const next of edges.get(name) ?? []) {
      if (!order.has(next)) {
        low = Math.min(low, visit(next));
      } else if (open.includes(next)) {
        low = Math.min(low, order.get(next) ?? low);
      }
    }
    if (low === index) {
      const members = open.splice(open.indexOf(name));
      if (members.length > 1) {
        cycles.push(members.toSorted());
      }
    }
    return low;
  }

  for (const name of edges.keys()) {
    if (!order.has(name)) {
      visit(name);
    }
  }
  return cycles;
}
