export { type EndNotice, createEndNotice } from "./end-notice.ts";
export { type FairQueue, ONLY_TURNS, createFairQueue } from "./fair-queue.ts";
export { mapInSlices } from "./map-in-slices.ts";
