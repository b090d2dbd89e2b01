/** From when to when something went on, by `performance.now()`. */
export interface TimeSpan {
  readonly startedAt: number;
  readonly endedAt: number;
}
