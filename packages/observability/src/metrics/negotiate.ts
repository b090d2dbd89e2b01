/**
 * Which exposition format an `Accept` header prefers. OpenMetrics 1.0 only when it is named
 * (a wildcard gets the text format, which every tool reads).
 */
export function negotiate(accept: string | undefined): "openmetrics" | "text" {
  let openMetrics = 0;
  let text = 0;
  for (const part of (accept ?? "").toLowerCase().split(",").slice(0, 20)) {
    const [type = "", ...parameters] = part.split(";").map((piece) => piece.trim());
    const parameter = (name: string) =>
      parameters.find((p) => p.startsWith(`${name}=`))?.slice(name.length + 1);
    const weight = Number(parameter("q") ?? "1") || 0;
    if (type === "application/openmetrics-text" && (parameter("version") ?? "1.0.0") === "1.0.0") {
      openMetrics = Math.max(openMetrics, weight);
    } else if (type === "text/plain") {
      text = Math.max(text, weight);
    }
  }
  return openMetrics > 0 && openMetrics >= text ? "openmetrics" : "text";
}
