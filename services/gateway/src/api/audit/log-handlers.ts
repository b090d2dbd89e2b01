import { type AuditLog } from "@sark/audit";
import { type OpenLogReader } from "@sark/audit/log-builder";
import { type AuditReader } from "@sark/audit/store";
import { parseTilePath } from "@sark/audit/transparency-log";
import type { Caller } from "../../domain/governance.ts";
import { HttpError } from "../../transport/errors.ts";
import type { AccessRecords } from "../access/access-records.ts";
import { beyondTenant, tenantScope } from "../access/tenant-scope.ts";
import { isOwn, recordReceipt, type ReadEvent } from "./access.ts";
import { asked, notFound } from "./failures.ts";

/** Widest tile of C2SP tlog-tiles: complete, it never changes. */
const FULL_WIDTH = 256;

/**
 * The transparency log to the outside (C2SP tlog-tiles, tlog-proof). Checkpoints and tiles hold hashes and no events:
 * monitors that poll them leave no records, which would make the log grow without end.
 */
export function createLogHandlers(deps: {
  readonly audit: Pick<AuditLog, "record">;
  readonly reader: Pick<AuditReader, "event">;
  readonly log: OpenLogReader;
  /** Whether this gateway signs the log, or stands by to do so. */
  readonly signs: boolean;
  readonly reads: AccessRecords;
  readonly readEvent: ReadEvent;
}) {
  const { audit, reader, log, signs, reads, readEvent } = deps;

  /** Asks what takes a checkpoint. Where there is none and none will come from here, trying again is no help. */
  async function proven<T>(query: () => Promise<T>): Promise<T> {
    try {
      return await asked(query);
    } catch (error) {
      const waits = error instanceof HttpError && error.code === "not_yet_logged";
      if (waits && !signs && (await asked(() => log.latestCheckpoint())) === null) {
        throw notSigned();
      }
      throw error;
    }
  }

  async function entries(path: string, index: number, width: number, caller: Caller): Promise<Buffer> {
    // A bundle has the events of all tenants.
    const denial = tenantScope(caller.principal) === null ? undefined : beyondTenant("tile");
    await reads.permitted(caller, { operation: "entries", asked: { tile: path } }, denial);
    const bundle = await asked(() => log.entries(index, width));
    if (bundle === null) {
      throw notFound("such entry bundle in the newest tree");
    }
    return bundle;
  }

  return {
    proven,

    async checkpoint(): Promise<string> {
      const note = await asked(() => log.latestCheckpoint());
      if (note !== null) {
        return note;
      }
      throw signs ? notFound("checkpoint yet: nothing has been signed") : notSigned();
    },

    /** @param path below `tile/`, e.g. `0/x001/067` or `0/000.p/12`; `entries/…` has events, whose readers are on record */
    async tile(
      path: string,
      caller: Caller,
    ): Promise<{ readonly bytes: Buffer; readonly cacheControl: string }> {
      const { level, index, width } = parsePath(path);
      if (level === "entries") {
        return { bytes: await entries(path, index, width, caller), cacheControl: "no-store" };
      }
      const bytes = await asked(() => log.tile(level, index, width));
      if (bytes === null) {
        throw notFound("such tile in the newest tree");
      }
      return { bytes, cacheControl: width === FULL_WIDTH ? FOREVER : "private, no-cache" };
    },

    /** That a tree continues an older one, for those who remember the older one's checkpoint. */
    async consistency({ from, to }: { readonly from: number; readonly to?: number | undefined }) {
      const { size, hashes, checkpoint } = await proven(() => log.consistency(from, to));
      const consistency = hashes.map((hash) => Buffer.from(hash).toString("base64"));
      return { from, to: size, consistency, checkpoint };
    },

    async proof(id: string, caller: Caller): Promise<string> {
      await readEvent("proof", id, caller);
      return proven(() => log.proof(id));
    },

    /** Of any event to readers of the log; to others that of what they did themselves. */
    async receipt(id: string, caller: Caller, ofAny: boolean): Promise<string> {
      if (ofAny) {
        await readEvent("receipt", id, caller);
      } else {
        const event = await asked(() => reader.event(id));
        const own = event !== null && isOwn(event, caller.principal);
        await recordReceipt(audit, caller, id, own);
        // The same for events of others as for ids that do not exist: ids are not to be tried out.
        if (!own) {
          throw notFound("event of yours with this id");
        }
      }
      return proven(() => log.receipt(id));
    },
  };
}

function notSigned(): HttpError {
  const message = "There is no checkpoint, and this gateway signs none: audit.signing is false.";
  return new HttpError("not_signed", message);
}

/** Private, since it takes credentials to get them. */
const FOREVER = "private, max-age=31536000, immutable";

function parsePath(path: string) {
  try {
    return parseTilePath(`tile/${path}`);
  } catch (cause) {
    throw new HttpError("invalid_request", `tile: ${(cause as Error).message}`, {
      field: "tile",
      cause,
    });
  }
}
