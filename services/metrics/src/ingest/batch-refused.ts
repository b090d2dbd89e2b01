/** Why a body as a whole is not taken. */
export class BatchRefused extends Error {
  override readonly name = "BatchRefused";
  readonly code: "payload_too_large" | "unsupported_media_type" | "invalid_request";

  constructor(code: BatchRefused["code"], message: string) {
    super(message);
    this.code = code;
  }
}
