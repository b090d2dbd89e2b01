import type { UpstreamResponse } from "../../domain/upstream.ts";
import type { Lifeline } from "../deadline/deadline.ts";

/** From here on the body ends with the exchange, and a fault in it brings nobody down who is not reading. */
export function holdBody({ body }: UpstreamResponse, lifeline: Lifeline): void {
  body.on("error", () => {});
  lifeline.onEnd(() => body.destroy());
}
