/**
 * Tells several observers of each event, in order. One that throws is passed over: the work that is observed is worth
 * more than the report of it.
 *
 * @param complete an observer with all methods; the others may have some of them
 */
export function combineObservers<Observer extends object>(
  complete: Observer,
  ...others: readonly Partial<Observer>[]
): Observer {
  const all = [complete, ...others];
  const tell =
    (name: keyof Observer) =>
    (...details: unknown[]): void => {
      for (const observer of all) {
        try {
          (observer[name] as ((...details: unknown[]) => void) | undefined)?.(...details);
        } catch {
          // Neither the other observers nor the work can help it.
        }
      }
    };
  const names = Object.keys(complete) as (keyof Observer)[];
  return Object.fromEntries(names.map((name) => [name, tell(name)])) as Observer;
}
