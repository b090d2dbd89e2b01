import { cutEvent } from "../packing/cut-event.ts";
import { lateObject, type Format } from "./format.ts";

/**
 * The canonical record with its position in front. Whoever takes `seq` away again has the exact bytes of the
 * transparency log's leaf, so that a copy in a SIEM can be verified by itself.
 */
export const jsonFormat: Format = {
  name: "json",
  structured: true,
  late: lateObject,
  cut: cutEvent,
  encode({ seq, canonical }) {
    if (!canonical.startsWith('{"')) throw new SyntaxError("the stored record is not a JSON object");
    return `{"seq":${seq},${canonical.slice(1)}`;
  },
};
