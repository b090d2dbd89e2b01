import { DeliveryError } from "../domain/errors.ts";
import { failureResult } from "./failure-result.ts";
import type { Sink } from "../domain/sink.ts";

/** Asks a receiver whether it is there; rejects with a `DeliveryError` that says in words what is wrong. */
export async function checkReceiver({ check }: Pick<Sink, "check">, signal: AbortSignal): Promise<void> {
  try {
    await check(signal);
  } catch (cause) {
    if (cause instanceof DeliveryError) {
      throw cause;
    }
    throw new DeliveryError("receiver_unavailable", failureResult(cause).reason, { cause });
  }
}
