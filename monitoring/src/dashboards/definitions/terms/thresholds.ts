import { RULE_FILES } from "../../../rules/rule-files.ts";

/** Where an alert fires: panels draw the line there, so that they never say something else. */
export function thresholdOf(alert: string): number {
  const found = RULE_FILES.flatMap(({ groups }) => groups.flatMap(({ alerts }) => alerts)).find(
    ({ name }) => name === alert,
  );
  if (found === undefined) {
    throw new Error(`there is no alert ${alert}`);
  }
  return found.when.threshold;
}
