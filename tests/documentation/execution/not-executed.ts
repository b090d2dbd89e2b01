/**
 * What of the documentation's commands is not executed, and why. In place of such a program stands one that does nothing
 * and succeeds, so that the other commands of a block are executed all the same.
 */
export const PROGRAMS_NOT_HERE = {
  docker: "needs an engine of containers; images are put together and run without one by tests/deployment",
  kubectl: "needs a cluster; npm run cluster executes these at an API server",
  helm: "needs a cluster; npm run cluster executes these at an API server",
  "fluent-bit": "not packaged for the machines of CI; its configuration is read by tests of the collectors",
  vector: "in no registry; docs/log-collectors.md says how it was run",
  pg_basebackup: "must be of the server's version; tests/deployment/backup.test.ts does the same by SQL",
  pg_dump: "must be of the server's version; tests/deployment/backup.test.ts restores and verifies",
} as const;

/** Examples of our tools, the same. */
export const EXAMPLES_NOT_HERE = {
  "gateway-admin dashboards push --grafana https://grafana.example.com --token-file ./grafana.token":
    "needs a Grafana; tests of the command have its API",
  "gateway-admin dashboards push --gateway-url https://gateway.example.com --runbooks-url https://docs.example.com/sark":
    "needs a Grafana; tests of the command have its API",
  "gateway-admin siem quarantine logs/application":
    "needs CloudWatch; tests of log shipping have lines that it refuses",
  "gateway-admin siem remove splunk-old":
    "needs a destination of an earlier configuration; tests/operations/gateway-admin.test.ts has one",
  "analyze-logs trace --request-id abc123 --traces http://127.0.0.1:16686 /var/log/sark":
    "needs a trace store; tests/operations/jaeger.test.ts has one",
} as const;

/** Pages whose commands are executed elsewhere. */
export const PAGES_ELSEWHERE = {
  "CONTRIBUTING.md": "has the conformance suite from the network; tests/conformance runs its checks",
  "examples/README.md": "npm run check:packages runs the examples on what is packed",
  "docs/getting-started.md": "npm run reader follows it in a fresh clone",
  "docs/mcp-authorization.md":
    "wants an authorization server; tests/oauth asks the same of a gateway with one",
  "docs/tracing.md": "builds Jaeger from the network; tests send spans to a real collector",
} as const;

/** The same of scripts of this repository: each is a gate, a test or an installation of its own. */
export const SCRIPTS_NOT_HERE = {
  test: "is what this is a part of",
  install: "npm run check:packages installs what is packed",
  generate: "a gate compares what it writes with what is committed",
  "incident upstream-errors": "tests/incidents provokes every incident",
  "incident --thresholds": "takes minutes; docs/monitoring/thresholds.md has what came of it",
  release: "commits and tags; scripts/release has its tests",
  "gateway-admin dashboards": "needs a Grafana; tests of the command have its API",
} as const;
