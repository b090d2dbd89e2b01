import { cefFormat } from "./cef.ts";
import { ecsFormat } from "./ecs.ts";
import type { Format, FormatName, Producer } from "./format.ts";
import { jsonFormat } from "./json.ts";
import { ocsfFormat } from "./ocsf/ocsf-format.ts";

export function createFormat(name: FormatName, producer: Producer): Format {
  switch (name) {
    case "json":
      return jsonFormat;
    case "ocsf":
      return ocsfFormat(producer);
    case "ecs":
      return ecsFormat(producer);
    case "cef":
      return cefFormat(producer);
  }
}
