/** What is there at once, unless something has to be waited for: another replica, a policy engine, a server. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Goes on with `then`, at once where nothing has to be waited for. `await` makes a promise and gives up the turn in either
 * case, and a call passes two dozen stages of which hardly one waits.
 */
export function whenReady<T, R>(value: Awaitable<T>, then: (value: T) => Awaitable<R>): Awaitable<R> {
  return value instanceof Promise ? value.then(then) : then(value);
}
