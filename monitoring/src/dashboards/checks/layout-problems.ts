import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";

const COLUMNS = 24;

/** Panels that lie on each other or outside, and names or ids that are there twice. */
export function layoutProblems({ panels = [] }: Dashboard): string[] {
  const taken = new Map<string, string>();
  const problems: string[] = [];
  for (const { title = "", gridPos = { x: 0, y: 0, w: 0, h: 0 } } of panels) {
    if (gridPos.w < 1 || gridPos.h < 1 || gridPos.x + gridPos.w > COLUMNS) {
      problems.push(`${title}: has no place in ${COLUMNS} columns`);
    }
    for (let cell = 0; cell < gridPos.w * gridPos.h; cell += 1) {
      const at = `${gridPos.x + (cell % gridPos.w)} ${gridPos.y + Math.floor(cell / gridPos.w)}`;
      const other = taken.get(at);
      if (other !== undefined) {
        problems.push(`${title}: lies on ${other}`);
        break;
      }
      taken.set(at, title);
    }
  }
  return [
    ...problems,
    ...twice(panels.map(({ title = "" }) => title)),
    ...twice(panels.map(({ id }) => `id ${id}`)),
  ];
}

function twice(names: readonly string[]): string[] {
  return names
    .filter((name, at) => names.indexOf(name) !== at)
    .map((name) => `there are two panels of ${name}`);
}
