/** Work that is done one after the other. */
export interface Sequence {
  /**
   * Does the work when all that was given before has ended, however that ended. Resolves and rejects as the work does; what
   * it throws is only its caller's.
   */
  run<T>(work: () => T | PromiseLike<T>): Promise<T>;
}

/** Makes a sequence on which nothing is under way. */
export function createSequence(): Sequence {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(work) {
      const done = last.then(work);
      last = done.catch(() => undefined);
      return done;
    },
  };
}
