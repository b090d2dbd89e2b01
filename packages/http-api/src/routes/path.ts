const REST = /\{(\w+)\*\}$/;

/** `/events/{id}` as fastify writes it, `/events/:id`; a last `{name*}` is its `*`. */
export function routePath(path: string): string {
  return path.replace(REST, "*").replaceAll(/\{(\w+)\}/g, ":$1");
}

/** As OpenAPI writes it, which knows no parameter of several segments. */
export function documentedPath(path: string): string {
  return path.replace(REST, "{$1}");
}

/** Names of the parameters in a path. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\*?\}/g)].map(([, name = ""]) => name);
}

/** Parameters that fastify has read out of a path, by the names that the path has for them. */
export function namedParameters(path: string, parameters: unknown): Record<string, unknown> {
  const { "*": rest, ...named } = Object(parameters) as Record<string, unknown>;
  const [, name] = REST.exec(path) ?? [];
  return name === undefined ? named : { ...named, [name]: rest };
}
