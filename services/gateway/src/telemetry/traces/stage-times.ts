import { SpanKind, type Attributes } from "@opentelemetry/api";
import type { LateSpan } from "@sark/observability/tracing";
import { denialAttributes } from "./call-attributes.ts";
import type { TimeSpan } from "../../domain/time-span.ts";

/** When the stages of a call began, by `performance.now()`; all that is kept of a call that is not sampled. */
export interface StageTimes {
  /** The stage before is over. */
  begin(stage: string, attributes?: Attributes): void;
  /** Since the call was read. */
  seconds(): number;
  /**
   * Start, end and children of the call's span. The stage that has the call's own name is the upstream's, and ended as the call
   * did. `after`: what went on when the call had ended.
   */
  spans(ended: Ended, after: readonly LateSpan[]): Pick<LateSpan, "startedAt" | "endedAt" | "children">;
}

/** How a call ended, and when. */
export interface Ended extends Pick<LateSpan, "endedAt" | "error"> {
  readonly attributes: Attributes;
  /** The stage that did not let the call go on says so. */
  readonly stopped?: Stopped | undefined;
}

/** Why a call did not go on: it was denied, or a stage of it failed. */
export interface Stopped {
  /** The reason code. */
  readonly code: string;
  readonly isFault: boolean;
}

export function createStageTimes(call: string, authentication: TimeSpan | undefined): StageTimes {
  const readAt = performance.now();
  const names: string[] = [];
  const times: number[] = [];
  const said: (Attributes | undefined)[] = [];
  return {
    begin(stage, attributes) {
      names.push(stage);
      times.push(performance.now());
      said.push(attributes);
    },
    seconds: () => (performance.now() - readAt) / 1_000,
    spans({ endedAt, stopped, ...ended }, after) {
      // What denies a call comes before the record of that; what fails is the last that was begun.
      const stopping =
        stopped?.isFault === false ? names.findLastIndex((name) => name !== "audit") : names.length - 1;
      const stages = names.map((name, at): LateSpan => {
        const stops = at === stopping && name !== call ? stopped : undefined;
        const attributes = stops === undefined ? said[at] : { ...said[at], ...attributesOf(stops) };
        const own = {
          ...(stops?.isFault === true ? { error: stops.code } : {}),
          name,
          startedAt: times[at] ?? readAt,
          endedAt: times[at + 1] ?? endedAt,
        };
        return name === call
          ? { ...own, kind: SpanKind.CLIENT, ...ended, attributes: { ...ended.attributes, ...attributes } }
          : { ...own, ...(attributes === undefined ? {} : { attributes }) };
      });
      const first = authentication === undefined ? [] : [{ name: "authenticate", ...authentication }];
      return {
        startedAt: authentication?.startedAt ?? readAt,
        endedAt,
        children: [...first, ...stages, ...after],
      };
    },
  };
}

/** As of stages that are recorded while they run. */
function attributesOf({ code, isFault }: Stopped): Attributes {
  return isFault ? { "error.type": code } : denialAttributes(code);
}
