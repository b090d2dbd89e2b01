/** From the root of the repository: generated, with a section for each alert. */
export const RUNBOOKS = "docs/monitoring/gateway/ALERT_RUNBOOKS.md";

/** Where the section of an alert is: anchors of Markdown are the heading in lower case. */
export function runbookUrl(alert: string): string {
  return `${RUNBOOKS}#${alert.toLowerCase()}`;
}
