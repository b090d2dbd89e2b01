/** Anything on its way to a destination, as the engine sees it. */
export interface Deliverable {
  /** Position in the log, from 0, without gaps. */
  readonly seq: number;
  readonly id: string;
  /** RFC 3339. */
  readonly timestamp: string;
  /** The same, in milliseconds since the epoch. */
  readonly time: number;
  /** When it came into the log, RFC 3339. Throws when that cannot be read. */
  readonly recordedAt: string;
  /** Of its text, in UTF-16 units: near enough to bound memory by. */
  readonly size: number;
}
