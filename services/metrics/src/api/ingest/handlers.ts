import type { RightOfWay } from "@sark/scheduling";
import type { Database } from "../../database/database.ts";
import type { Caller } from "../../domain/caller.ts";
import type { IngestEvent } from "../../domain/ingest.ts";
import type { SentActivity, SentScore } from "../../ingest/event-schemas.ts";
import { digestOfRequest, findResponse, keepResponses, KeyTaken } from "../../ingest/idempotency.ts";
import { QuotaExceeded } from "../../ingest/daily-quota.ts";
import type { IngestObserver } from "../../ingest/observer.ts";
import type { IngestRateLimit } from "../../ingest/rate-limit.ts";
import { BatchRefused } from "../../ingest/batch-refused.ts";
import type { BodyReader, PackedBody } from "../../ingest/read-items.ts";
import { takeItems, unstorable } from "../../ingest/take-events.ts";
import { EventRefused, toActivity, toScore, type TimeBounds } from "../../ingest/to-event.ts";
import type { Written } from "../../ingest/group-result.ts";
import {
  IngestFailed,
  IngestOverloaded,
  type IngestWriter,
  type ResponseKeeping,
} from "../../ingest/writer.ts";
import { tenantOf } from "../access/tenant-of.ts";
import { HttpError } from "../../errors/http-errors.ts";
import type { TakenBatch } from "./responses.ts";

type IdempotencyKey = Pick<ResponseKeeping, "key" | "request">;

export type IngestApi = ReturnType<typeof createIngestApi>;

/** `/v1/activity`, `/v1/scores` and `/v1/batches`. */
export function createIngestApi(deps: {
  readonly database: Pick<Database, "asTenant">;
  readonly writer: IngestWriter;
  readonly bodies: BodyReader;
  readonly limit: IngestRateLimit;
  /** Batches are read in pieces, and give way to short requests of other tenants. */
  readonly rightOfWay: Pick<RightOfWay, "longWork">;
  readonly bounds: Omit<TimeBounds, "notBefore">;
  /** Before which events of a tenant are not taken any more. */
  horizon(tenant: string): Promise<number>;
  readonly observer: IngestObserver;
  rateLimited(tenant: string): void;
  quotaExceeded(tenant: string): void;
}) {
  const { database, writer, bodies, observer } = deps;

  async function boundsOf(tenant: string): Promise<TimeBounds> {
    return { ...deps.bounds, notBefore: await deps.horizon(tenant) };
  }

  /** What is not valid counts, too: to find that out costs as much. */
  async function takeRate(tenant: string, events: number): Promise<void> {
    refuseFor(await deps.limit.take(tenant, events), tenant);
  }

  /** No batch of a tenant is read, nor looked up by its key, that was refused for its rate a moment ago. */
  async function admit(tenant: string): Promise<void> {
    refuseFor(await deps.limit.beforeReading(tenant), tenant);
  }

  function refuseFor(seconds: number, tenant: string): void {
    if (seconds > 0) {
      deps.rateLimited(tenant);
      throw new HttpError("rate_limited", "The tenant sends too many events.", {
        headers: { "retry-after": String(seconds) },
      });
    }
  }

  async function write(
    tenant: string,
    events: readonly IngestEvent[],
    keeping?: ResponseKeeping,
  ): Promise<Written> {
    try {
      return await writer.write(tenant, events, keeping);
    } catch (error) {
      if (error instanceof QuotaExceeded) {
        deps.quotaExceeded(tenant);
      }
      throw toHttpError(error);
    }
  }

  async function one(caller: Caller, id: string, event: (bounds: TimeBounds) => IngestEvent) {
    const tenant = tenantOf(caller);
    const bounds = await boundsOf(tenant);
    await takeRate(tenant, 1);
    const [status = "accepted"] = await write(tenant, [taken(tenant, () => event(bounds), observer)]);
    if (status === "refused") {
      observer.refused({ tenant, reason: "unstorable", events: 1 });
      throw new HttpError("invalid_request", unstorable(0).message, { field: "body" });
    }
    return { id, status };
  }

  /** @param idempotency of a request with a key: its response is kept in the transaction of its events */
  async function batch(tenant: string, body: PackedBody, idempotency?: IdempotencyKey): Promise<TakenBatch> {
    const reading = deps.rightOfWay.longWork(tenant);
    const items = await bodies.items(tenant, body, reading).catch((error: unknown) => {
      throw toHttpError(error);
    });
    await takeRate(tenant, items.length);
    const { events, places, refused } = await takeItems(items, Date.now(), await boundsOf(tenant), reading);
    const responseOf = (written: Written): TakenBatch => {
      const count = (wanted: Written[number]) => written.filter((status) => status === wanted).length;
      const notStored = places.filter((_, at) => written[at] === "refused").map(unstorable);
      return {
        accepted: count("accepted"),
        duplicates: count("duplicate"),
        refused: [...refused, ...notStored].toSorted((one, other) => one.index - other.index),
      };
    };
    const response = await writeBatch(tenant, events, responseOf, idempotency);
    for (const { code } of response.refused) {
      observer.refused({ tenant, reason: code, events: 1 });
    }
    return response;
  }

  async function writeBatch(
    tenant: string,
    events: readonly IngestEvent[],
    response: (written: Written) => TakenBatch,
    idempotency: IdempotencyKey | undefined,
  ): Promise<TakenBatch> {
    if (events.length > 0) {
      return response(await write(tenant, events, idempotency && { ...idempotency, response }));
    }
    if (idempotency !== undefined) {
      const kept = { ...idempotency, response: response([]) };
      await database.asTenant("idempotency", tenant, (tx) => keepResponses(tx, tenant, [kept]));
    }
    return response([]);
  }

  /** What a request with this key got before; `null`: there was none. */
  async function responseBefore(
    tenant: string,
    { key, request }: IdempotencyKey,
  ): Promise<TakenBatch | null> {
    const before = await database.asTenant("idempotency", tenant, (tx) => findResponse(tx, key, request));
    if (before !== null && !before.isSameRequest) {
      throw new HttpError("idempotency_conflict", "This Idempotency-Key came with another body before.");
    }
    return before === null ? null : asFirstSent(before.response as TakenBatch);
  }

  return {
    activity: (sent: SentActivity, caller: Caller) =>
      one(caller, sent.id, (bounds) => toActivity(sent, Date.now(), bounds)),
    score: (sent: SentScore, caller: Caller) =>
      one(caller, sent.id, (bounds) => toScore(sent, Date.now(), bounds)),

    /** With a key, the response to the first request of the key is the response to all of them. */
    async batch(body: PackedBody, key: string | undefined, caller: Caller): Promise<TakenBatch> {
      const tenant = tenantOf(caller);
      await admit(tenant);
      if (key === undefined) {
        return batch(tenant, body);
      }
      const idempotency = { key, request: digestOfRequest(body.bytes) };
      const before = await responseBefore(tenant, idempotency);
      if (before !== null) {
        // A few packed bytes may ask for the megabyte that was said of ten thousand events, again and again.
        await takeRate(tenant, before.accepted + before.duplicates + before.refused.length);
        return before;
      }
      try {
        return await batch(tenant, body, idempotency);
      } catch (error) {
        // One that came at the same time was first.
        const first = error instanceof KeyTaken ? await responseBefore(tenant, idempotency) : null;
        if (first === null) {
          throw error;
        }
        return first;
      }
    },
  };
}

/** The same bytes as the first time: a column of the type `jsonb` has members in an order of its own. */
function asFirstSent({ accepted, duplicates, refused }: TakenBatch): TakenBatch {
  return {
    accepted,
    duplicates,
    refused: refused.map(({ index, code, field, message }) => ({ index, code, field, message })),
  };
}

function taken(tenant: string, event: () => IngestEvent, observer: IngestObserver): IngestEvent {
  try {
    return event();
  } catch (error) {
    if (error instanceof EventRefused) {
      observer.refused({ tenant, reason: error.code, events: 1 });
      throw new HttpError("invalid_request", error.message, { field: error.field });
    }
    throw error;
  }
}

function toHttpError(error: unknown): unknown {
  if (error instanceof IngestOverloaded) {
    return new HttpError("overloaded", error.message, { cause: error, headers: { "retry-after": "1" } });
  }
  if (error instanceof QuotaExceeded) {
    const headers = { "retry-after": String(error.retryAfterSeconds) };
    return new HttpError("quota_exceeded", error.message, { cause: error, headers });
  }
  if (error instanceof IngestFailed) {
    return new HttpError("store_unavailable", error.message, {
      cause: error,
      headers: { "retry-after": "1" },
    });
  }
  return error instanceof BatchRefused
    ? new HttpError(error.code, error.message, { field: "body", cause: error })
    : error;
}
