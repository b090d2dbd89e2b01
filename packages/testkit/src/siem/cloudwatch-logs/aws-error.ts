/** A refusal as the AWS JSON 1.1 protocol words it; all but service faults have status 400. */
export class AwsError extends Error {
  override readonly name = "AwsError";
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

export function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}
