/** The paths in backticks of a page: what has a slash or ends as a file does. `a/{b,c}` names two. */
export function namedPaths(page: string): string[] {
  return [...page.matchAll(/`([\w./{},@-]+)`/g)]
    .map(([, name = ""]) => name)
    .filter(
      (name) =>
        !name.startsWith("@") && !name.startsWith("/") && (name.includes("/") || /\.\w{2,4}$/.test(name)),
    )
    .flatMap(expand);
}

function expand(path: string): string[] {
  const braces = /^(.*?)\{([^{}]*)\}(.*)$/.exec(path);
  if (braces === null) {
    return [path];
  }
  const [, before = "", names = "", after = ""] = braces;
  return names.split(",").flatMap((name) => expand(`${before}${name}${after}`));
}
