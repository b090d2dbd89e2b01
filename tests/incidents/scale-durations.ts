const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 };

/** `5m` by 60 is `5s`; not below a millisecond. */
export function scaleDuration(duration: string, by: number): string {
  const [, number = "0", unit = "s"] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? [];
  return `${Math.max(0, Math.ceil((Number(number) * (SECONDS[unit] ?? 1) * 1_000) / by))}ms`;
}

/** The same configuration with every wait, interval and duration of its routes that much shorter. */
export function scaleRoutes<T>(route: T, by: number): T {
  if (Array.isArray(route)) {
    return route.map((each: unknown) => scaleRoutes(each, by)) as T;
  }
  if (typeof route !== "object" || route === null) {
    return route;
  }
  return Object.fromEntries(
    Object.entries(route).map(([key, value]) => [
      key,
      /^(group_wait|group_interval|repeat_interval)$/.test(key) && typeof value === "string"
        ? scaleDuration(value, by)
        : scaleRoutes(value as unknown, by),
    ]),
  ) as T;
}

/**
 * Rules with their windows, offsets and waits that much shorter; thresholds and all else stay. Windows become no shorter than
 * `leastMs`, in which there are scrapes enough for a rate.
 */
export function scaleRules(yaml: string, by: number, leastMs = 0): string {
  const windowOf = (window: string) => Math.max(leastMs, Number.parseInt(scaleDuration(window, by), 10));
  return yaml
    .replaceAll(/\[(\d+[smhd])\]/g, (_all, window: string) => `[${windowOf(window)}ms]`)
    .replaceAll(/offset (\d+[smhd])/g, (_all, offset: string) => `offset ${scaleDuration(offset, by)}`)
    .replaceAll(
      /^( +for: )(\d+[smhd])$/gm,
      (_all, key: string, wait: string) => key + scaleDuration(wait, by),
    );
}
