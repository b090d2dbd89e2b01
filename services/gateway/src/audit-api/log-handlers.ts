import { parseTilePath, type AuditLog, type AuditReader, type LogBuilder } from "@sark/audit";
import type { Caller } from "../domain/governance.ts";
import { HttpError } from "../http/errors.ts";
import type { Admit } from "../governance/admission.ts";
import { isOwn, isReader, recordRead } from "./access.ts";
import { asked, notFound } from "./failures.ts";

export type LogReader = Pick<LogBuilder, "latestCheckpoint" | "tile" | "proof" | "receipt">;

/** Widest tile of C2SP tlog-tiles: complete, it never changes. */
const FULL_WIDTH = 256;

/**
 * The transparency log to the outside (C2SP tlog-tiles, tlog-proof). Checkpoints and tiles hold hashes and no events:
 * monitors that poll them leave no records, which would make the log grow without end.
 */
export function createLogHandlers(deps: {
  readonly audit: Pick<AuditLog, "record">;
  readonly reader: Pick<AuditReader, "event">;
  readonly log: LogReader;
  readonly admit: Admit;
}) {
  const { audit, reader, log, admit } = deps;

  return {
    async checkpoint(): Promise<string> {
      const note = await asked(() => log.latestCheckpoint());
      if (note === null) throw notFound("checkpoint yet: nothing has been signed");
      return note;
    },

    /** @param path below `tile/`, e.g. `0/x001/067` or `0/000.p/12` */
    async tile(path: string): Promise<{ readonly hashes: Buffer; readonly cacheControl: string }> {
      const { level, index, width } = parsePath(path);
      if (level === "entries") throw notFound("entry bundle: events are not published, only their hashes");
      const hashes = await asked(() => log.tile(level, index, width));
      if (hashes === null) throw notFound("such tile in the newest tree");
      return { hashes, cacheControl: width === FULL_WIDTH ? FOREVER : "private, no-cache" };
    },

    async proof(id: string, caller: Caller): Promise<string> {
      await admit(caller, { operation: "proof", asked: { id: id.slice(0, 64) } });
      return asked(() => log.proof(id));
    },

    /** Who reads the log gets the receipt of any event; others that of what they did themselves. */
    async receipt(id: string, caller: Caller): Promise<string> {
      const request = { operation: "receipt", asked: { id: id.slice(0, 64) } } as const;
      const { principal } = caller;
      if (isReader(principal)) {
        await admit(caller, request);
      } else {
        const event = await asked(() => reader.event(id));
        const own = event !== null && isOwn(event, principal);
        const reason = own ? "takes the receipt of an event of its own" : "may not have this receipt";
        await recordRead(audit, caller, request, reason, own);
        // The same for events of others as for ids that do not exist: ids are not to be tried out.
        if (!own) throw notFound("event of yours with this id");
      }
      return asked(() => log.receipt(id));
    },
  };
}

/** Private, since it takes credentials to get them. */
const FOREVER = "private, max-age=31536000, immutable";

function parsePath(path: string) {
  try {
    return parseTilePath(`tile/${path}`);
  } catch (cause) {
    throw new HttpError(400, "invalid_request", `tile: ${(cause as Error).message}`, {
      field: "tile",
      cause,
    });
  }
}
