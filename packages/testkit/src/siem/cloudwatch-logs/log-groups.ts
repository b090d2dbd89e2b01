import { AwsError, invalid } from "./aws-error.ts";

export interface CloudWatchEvent {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

interface LogGroup {
  retentionDays: number | null;
  readonly streams: Map<string, CloudWatchEvent[]>;
}

const GROUP_NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/;
const STREAM_NAME = /^[^:*]{1,512}$/;
const RETENTION_DAYS = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);

/** Log groups and their streams, with the rules of CloudWatch for their names. */
export interface LogGroups {
  createGroup(input: Input): void;
  createStream(input: Input): void;
  setRetention(input: Input): void;
  describeGroups(input: Input): unknown;
  find(input: Input): { readonly group: LogGroup; readonly events: CloudWatchEvent[] };
  events(group: string, stream?: string): readonly CloudWatchEvent[];
  retentionDays(group: string): number | null;
}

export type Input = Readonly<Record<string, unknown>>;

export function createLogGroups(): LogGroups {
  const groups = new Map<string, LogGroup>();

  function groupOf(input: Input): LogGroup {
    const group = groups.get(text(input, "logGroupName", GROUP_NAME));
    if (group === undefined) {
      throw new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
    }
    return group;
  }

  return {
    createGroup(input) {
      const name = text(input, "logGroupName", GROUP_NAME);
      if (groups.has(name)) {
        throw new AwsError("ResourceAlreadyExistsException", "The specified log group already exists");
      }
      groups.set(name, { retentionDays: null, streams: new Map() });
    },
    createStream(input) {
      const { streams } = groupOf(input);
      const name = text(input, "logStreamName", STREAM_NAME);
      if (streams.has(name)) {
        throw new AwsError("ResourceAlreadyExistsException", "The specified log stream already exists");
      }
      streams.set(name, []);
    },
    setRetention(input) {
      const days = input["retentionInDays"];
      if (typeof days !== "number" || !RETENTION_DAYS.has(days)) {
        throw invalid("retentionInDays is not one of the allowed values");
      }
      groupOf(input).retentionDays = days;
    },
    describeGroups(input) {
      const prefix = input["logGroupNamePrefix"];
      const found = [...groups].filter(([name]) => typeof prefix !== "string" || name.startsWith(prefix));
      return {
        logGroups: found.map(([logGroupName, { retentionDays }]) => ({
          logGroupName,
          ...(retentionDays === null ? {} : { retentionInDays: retentionDays }),
        })),
      };
    },
    find(input) {
      const group = groupOf(input);
      const events = group.streams.get(text(input, "logStreamName", STREAM_NAME));
      if (events === undefined) {
        throw new AwsError("ResourceNotFoundException", "The specified log stream does not exist.");
      }
      return { group, events };
    },
    events(name, stream) {
      const streams = groups.get(name)?.streams;
      if (stream !== undefined) {
        return [...(streams?.get(stream) ?? [])];
      }
      return [...(streams?.values() ?? [])].flat();
    },
    retentionDays: (name) => groups.get(name)?.retentionDays ?? null,
  };
}

function text(input: Input, key: string, pattern: RegExp): string {
  const value = input[key];
  if (typeof value !== "string" || !pattern.test(value)) {
    throw invalid(`1 validation error detected: Value at '${key}' failed to satisfy constraint`);
  }
  return value;
}
