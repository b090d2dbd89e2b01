import { expect } from "vitest";
import { UpstreamError } from "../../domain/upstream.ts";

/** The `UpstreamError` that a promise rejects with; anything else fails the test. */
export async function failure(promise: Promise<unknown>): Promise<UpstreamError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof UpstreamError) {
    return error;
  }
  return expect.fail(`expected an UpstreamError, got ${String(error)}`);
}
