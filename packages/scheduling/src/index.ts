export { type EndNotice, createEndNotice } from "./end-notice.ts";
export { type FairQueue, ONLY_TURNS, createFairQueue } from "./fair-queue.ts";
export { type InFlight, type Place, createInFlight } from "./in-flight.ts";
export { type LongWork, type RightOfWay, createRightOfWay } from "./right-of-way.ts";
export { eachInSlices, mapInSlices } from "./slices.ts";
export { type Bucket, type TokenRate, intervalOf, remaining, takeFrom, waitFor } from "./token-bucket.ts";
