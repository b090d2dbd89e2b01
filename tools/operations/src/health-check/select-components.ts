import { CommandError } from "../exit-code.ts";
import { HEALTH_EXIT } from "./exit-codes.ts";
import type { ShownComponent } from "./report.ts";

const WORST = ["down", "unknown", "degraded", "ok"] as const;

/**
 * The components that are meant, by name (`upstream:tools`), its part after the colon (`tools`), kind (`siem`) or policy
 * engine (`opa`). Throws when one of the names means none.
 */
export function selectComponents(all: readonly ShownComponent[], asked: readonly string[]): ShownComponent[] {
  for (const name of asked) {
    if (!all.some((one) => isMeant(one, name))) {
      const known = all.map((one) => engineOf(one) ?? one.name).join(", ");
      throw new CommandError(
        HEALTH_EXIT.unknown,
        `The gateway has no component ${JSON.stringify(name)}. It has: ${known}.`,
      );
    }
  }
  return all.filter((one) => asked.some((name) => isMeant(one, name)));
}

/** The status of the worst of them. */
export function worstStatus(components: readonly ShownComponent[]): ShownComponent["status"] {
  return WORST.find((status) => components.some((one) => one.status === status)) ?? "unknown";
}

function isMeant(one: ShownComponent, asked: string): boolean {
  const names = [one.name, one.component, one.name.replace(/^[^:]*:/, ""), engineOf(one)];
  return names.some((name) => name?.toLowerCase() === asked.toLowerCase());
}

function engineOf({ name, details }: ShownComponent): string | undefined {
  const engine = name === "policy" ? details?.["engine"] : undefined;
  return typeof engine === "string" ? engine : undefined;
}
