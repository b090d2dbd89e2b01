/** A log record as the collector passed it on. */
export interface CollectedLogRecord {
  readonly timeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string | undefined;
  readonly traceId: string | undefined;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface Exported {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly { readonly logRecords: readonly Raw[] }[];
  }[];
}

interface Raw extends Omit<CollectedLogRecord, "body" | "attributes"> {
  readonly body: { readonly stringValue: string };
  readonly attributes?: readonly {
    readonly key: string;
    readonly value: { readonly stringValue?: string; readonly intValue?: string };
  }[];
}

/** The records of one line of the collector's file (`ExportLogsServiceRequest` in JSON). */
export function readLogRecords(line: unknown): CollectedLogRecord[] {
  return (line as Exported).resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) =>
      logRecords.map(({ body, attributes = [], ...record }) => ({
        ...record,
        body: body.stringValue,
        attributes: Object.fromEntries(
          attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? ""]),
        ),
      })),
    ),
  );
}
