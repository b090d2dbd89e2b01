import { cefFormat } from "./cef/cef-format.ts";
import { ecsFormat } from "./ecs/ecs-format.ts";
import type { Format, FormatName } from "../audit-events/format.ts";
import type { Producer } from "../audit-events/producer.ts";
import { jsonFormat } from "./json/json-format.ts";
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
