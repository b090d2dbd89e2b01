import { TABLE } from "./table.ts";

/** For whom a port is: `all` where there is one port for everything. */
export type Audience = "all" | "callers" | "administration";

/** What callers of servers and agents need. */
const FOR_CALLERS: ReadonlySet<string> = new Set<keyof typeof TABLE>(["decisions", "protectedResources"]);
/** What says nothing of anything, or of the replica alone: probes ask where they are told to. */
const FOR_BOTH: ReadonlySet<string> = new Set<keyof typeof TABLE>(["health", "openApi"]);
/** Of an event of its own each caller takes the receipt. */
const ALSO_FOR_CALLERS: ReadonlySet<string> = new Set<keyof typeof TABLE.audit.endpoints>(["getReceipt"]);

/** The endpoints that are served there. A group that is added is for the administration. */
export function endpointsFor(audience: Audience): typeof TABLE {
  const groups = Object.entries(TABLE).map(([name, group]) => {
    const served = Object.entries(group.endpoints).filter(
      ([id]) =>
        audience === "all" ||
        FOR_BOTH.has(name) ||
        (audience === "callers"
          ? FOR_CALLERS.has(name) || (name === "audit" && ALSO_FOR_CALLERS.has(id))
          : !FOR_CALLERS.has(name)),
    );
    return [name, { ...group, endpoints: Object.fromEntries(served) }];
  });
  return Object.fromEntries(groups) as typeof TABLE;
}
