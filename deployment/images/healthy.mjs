// The health check of the images: exit code 0 when the service is ready, else 1 and a line that says why.
const url = process.env["HEALTHCHECK_URL"] ?? "http://127.0.0.1:8000/health/ready";
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(4_000), redirect: "error" });
  if (!response.ok) {
    process.stderr.write(`${url}: ${response.status}\n`);
    process.exitCode = 1;
  }
} catch (error) {
  process.stderr.write(`${url}: ${error.cause?.code ?? error.message}\n`);
  process.exitCode = 1;
}
