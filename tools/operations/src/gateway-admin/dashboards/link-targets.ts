import type { DashboardFile } from "./dashboard-files.ts";
import type { StoredDashboard } from "./grafana.ts";

/** Constants of a dashboard that its links begin with. */
export type LinkTargets = Readonly<Partial<Record<"gateway" | "runbooks", string>>>;

/** The dashboard with links that lead there; those that are not given lead where they led in Grafana, else as in the file. */
export function withLinkTargets(
  dashboard: DashboardFile,
  targets: LinkTargets,
  stored: StoredDashboard | null,
): DashboardFile {
  const list = dashboard.templating.list.map((variable) => {
    if (variable.type !== "constant") {
      return variable;
    }
    const query = targets[variable.name as keyof LinkTargets] ?? constantOf(stored, variable.name);
    return query === undefined ? variable : { ...variable, query };
  });
  return { ...dashboard, templating: { ...dashboard.templating, list } };
}

function constantOf(stored: StoredDashboard | null, name: string): string | undefined {
  const { templating } = (stored?.dashboard ?? {}) as {
    templating?: { list?: readonly { name?: unknown; type?: unknown; query?: unknown }[] };
  };
  const found = templating?.list?.find((variable) => variable.name === name && variable.type === "constant");
  return typeof found?.query === "string" ? found.query : undefined;
}
