import { isJsonObject, type Json, type JsonObject } from "@sark/json";
import type { PlaceOf, Problem } from "@sark/settings";
import { RETIRED_TRANSPORT } from "../upstreams/contract/retired-transport.ts";

/** Transports as MCP clients name them, and as the configuration does. */
const TRANSPORTS: Readonly<Record<string, string>> = {
  stdio: "stdio",
  http: "http",
  "streamable-http": "http",
  streamable_http: "http",
  streamableHttp: "http",
};

/** What the file may call a transport. */
export function transportNames(transport: "http" | "stdio"): string[] {
  return Object.keys(TRANSPORTS).filter((name) => TRANSPORTS[name] === transport);
}

/**
 * Takes servers as people have them: `mcpServers` of a client's configuration, a map by name, entries with `type` or
 * with neither `type` nor `transport`. They become `upstreams` of `raw`. Everything else is left for the schema to refuse.
 */
export function adoptClientServers(raw: JsonObject): { placeOf: PlaceOf; problems: Problem[] } {
  const places: (readonly PropertyKey[])[] = [];
  const entries: Json[] = [];
  const problems: Problem[] = [];
  const add = (place: readonly PropertyKey[], entry: Json, name?: string): void => {
    const problem = isJsonObject(entry) && isRetired(entry) ? RETIRED_TRANSPORT : null;
    if (problem !== null) {
      problems.push({ place: place.join("."), message: problem });
    }
    places.push(place);
    entries.push(isJsonObject(entry) ? ownShape(entry, name) : entry);
  };
  for (const section of ["upstreams", "mcpServers"] as const) {
    const servers = raw[section];
    if (Array.isArray(servers)) {
      servers.forEach((entry, index) => add([section, index], entry));
    } else if (isJsonObject(servers)) {
      for (const [name, entry] of Object.entries(servers)) {
        add([section, name], entry, name);
      }
    } else if (servers !== undefined) {
      return { placeOf: (path) => path, problems };
    }
  }
  if (raw["upstreams"] !== undefined || raw["mcpServers"] !== undefined) {
    raw["upstreams"] = entries;
  }
  delete raw["mcpServers"];
  return {
    placeOf: ([section, index, ...rest]) =>
      section === "upstreams" && typeof index === "number"
        ? [...(places[index] ?? [section, index]), ...rest]
        : [section ?? "", ...(index === undefined ? [] : [index]), ...rest],
    problems,
  };
}

function isRetired({ type, transport }: JsonObject): boolean {
  return (transport ?? type) === "sse";
}

function ownShape(entry: JsonObject, name: string | undefined): JsonObject {
  const { type, transport, disabled, httpUrl, serverUrl, ...rest } = entry;
  const shaped: JsonObject = { ...(name === undefined ? {} : { name }), ...rest };
  const url = rest["url"] ?? httpUrl ?? serverUrl;
  if (url !== undefined) {
    shaped["url"] = url;
  }
  for (const section of ["headers", "env"] as const) {
    const values = rest[section];
    if (isJsonObject(values)) {
      shaped[section] = Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, ownReferences(value)]),
      );
    }
  }
  const kind = transport ?? type;
  if (kind !== undefined) {
    shaped["transport"] = (typeof kind === "string" && TRANSPORTS[kind]) || kind;
  } else if (rest["command"] !== undefined) {
    shaped["transport"] = "stdio";
  } else if (url !== undefined) {
    shaped["transport"] = "http";
  }
  if (typeof disabled === "boolean") {
    shaped["enabled"] ??= !disabled;
  } else if (disabled !== undefined) {
    shaped["disabled"] = disabled;
  }
  return shaped;
}

/** Cursor and VS Code write `${env:NAME}`, Claude Code and we `${NAME}`. */
function ownReferences(value: Json): Json {
  return typeof value === "string" ? value.replace(/(?<!\$)\$\{env:(\w+)\}/g, "${$1}") : value;
}
