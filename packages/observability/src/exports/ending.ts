export { endOnSignal } from "../service/end-on-signal.ts";
