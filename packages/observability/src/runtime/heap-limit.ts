import { getHeapStatistics } from "node:v8";

const MIB = 1_048_576;
/** Of V8 in Node.js 24; earlier ones have 16. */
const DEFAULT_SEMI_SPACE_MIB = 64;
const SEMI_SPACES = 3;

/**
 * Bytes of objects that have lived for a while at which V8 ends the process: what it calls the limit of the heap has room
 * for young objects, too, which the old ones cannot take. Of a small heap that is a third. Where the part of the young ones
 * is not known it is taken for the default of Node.js 24, the largest of all versions, so that one is warned early.
 *
 * @param flags of Node.js, as on its command line; what `NODE_OPTIONS` sets is not looked at: a library reads no environment
 */
export function oldGenerationLimit(
  heapLimit: number = getHeapStatistics().heap_size_limit,
  flags: readonly string[] = process.execArgv,
): number {
  const set = flags.map((flag) => /^--max[-_]semi[-_]space[-_]size=(\d+)$/.exec(flag)?.[1]);
  const semiSpace = Number(set.findLast((size) => size !== undefined) ?? DEFAULT_SEMI_SPACE_MIB);
  return heapLimit - SEMI_SPACES * semiSpace * MIB;
}
