/** Every code of a `DeliveryError`. The list is closed; docs/audit/delivery.md has the same. */
export const DELIVERY_ERROR_CODES = [
  /** A secret's environment variable or file is not there; the message names it. */
  "secret_missing",
  /** A file named in the settings cannot be read. */
  "file_unreadable",
  /** There is no destination of this name. */
  "unknown_destination",
  /** A replica delivers to the destination that is to be removed. */
  "destination_in_use",
  /** The receiver did not respond, or not as it should. */
  "receiver_unavailable",
] as const;
/** One of `DELIVERY_ERROR_CODES`. */
export type DeliveryErrorCode = (typeof DELIVERY_ERROR_CODES)[number];

/** What the calls of deliveries reject with. `cause` is what lies behind it. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
  readonly code: DeliveryErrorCode;

  constructor(code: DeliveryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
