/** What Grafana puts in for its own names: of a scrape every 15 s, and a dashboard of one hour. */
const BUILT_IN: Readonly<Record<string, string>> = {
  __rate_interval: "1m",
  __interval: "15s",
  __range: "1h",
};

/** The values chosen of each variable; none is all of them. */
export type Choice = Readonly<Record<string, readonly string[]>>;

/** A query as Grafana sends it: several values become alternatives of a regular expression, each taken literally. */
export function interpolate(expr: string, choice: Choice): string {
  return expr.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (_all, braced?: string, plain?: string) => {
    const name = braced ?? plain ?? "";
    const values = choice[name] ?? [];
    return BUILT_IN[name] ?? (values.length === 0 ? ".*" : alternatives(values));
  });
}

function alternatives(values: readonly string[]): string {
  const escaped = values.map((value) =>
    value.replaceAll("\\", "\\\\\\\\").replaceAll(/[$^*{}[\]'+?.()|]/g, String.raw`\\$&`),
  );
  return escaped.length === 1 ? escaped.join("") : `(${escaped.join("|")})`;
}
