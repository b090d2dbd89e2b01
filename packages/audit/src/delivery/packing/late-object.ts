/** `late` of an `Encoding` that writes a JSON object which may have any field. */
export function lateObject(text: string, timestamp: string): string {
  return `{"late":true,"event_time":${JSON.stringify(timestamp)},${text.slice(1)}`;
}
