// Of producers, which import it first: their wall clock can be set forward and back while they run.
let offsetMs = 0;

const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...values: [] | ConstructorParameters<typeof RealDate>) {
    if (values.length === 0) {
      super(RealDate.now() + offsetMs);
    } else {
      super(...values);
    }
  }
  static override now(): number {
    return RealDate.now() + offsetMs;
  }
} as DateConstructor;

/** Sets the clock so many milliseconds off the true time. */
export function setClock(offset: number): void {
  offsetMs = offset;
}
