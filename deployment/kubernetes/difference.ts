type Json = unknown;

/**
 * What a strategic merge patch has to say to make `to` of `from`; `undefined` where they are equal. Entries of lists are
 * matched by their names, as Kubernetes does; other lists are replaced as a whole.
 */
export function difference(from: Json, to: Json): Json {
  if (Array.isArray(from) && Array.isArray(to)) {
    return ofLists(from as Json[], to as Json[]);
  }
  if (isObject(from) && isObject(to)) {
    const changed = Object.keys(to).flatMap((key) => {
      const part = difference(from[key], to[key]);
      return part === undefined ? [] : [[key, part] as const];
    });
    return changed.length === 0 ? undefined : Object.fromEntries(changed);
  }
  return from === to ? undefined : to;
}

function ofLists(from: readonly Json[], to: readonly Json[]): Json {
  if (JSON.stringify(from) === JSON.stringify(to)) {
    return undefined;
  }
  const named = (list: readonly Json[]) => list.every((entry) => isObject(entry) && "name" in entry);
  if (!named(from) || !named(to)) {
    return to;
  }
  const before = new Map((from as { name: string }[]).map((entry) => [entry.name, entry]));
  return (to as { name: string }[]).flatMap((entry) => {
    const part = difference(before.get(entry.name), entry);
    return isObject(part) ? [{ name: entry.name, ...part }] : [];
  });
}

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
