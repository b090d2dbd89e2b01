export { freePort } from "@sark/embedded-postgres";
export { PEER_SESSION_REVISION, PEER_SESSION_REVISIONS, PEER_STATELESS_REVISION } from "./mcp-revisions.ts";
export type { SeenRequest } from "./mcp-server/recorder.ts";
export {
  mcpServerProgram,
  startMcpServer,
  type McpServerHandle,
  type McpServerOptions,
} from "./mcp-server/start-mcp-server.ts";
export { startMcpGo, type McpGo, type McpGoCall } from "./mcp-go/start-mcp-go.ts";
export { longestBlock, threadTime, unitOfWork, type Blocked } from "./longest-block.ts";
export {
  createAuthority,
  type CertificateAuthority,
  type IssuedCertificate,
} from "./certificates/create-authority.ts";
export { findOpa } from "./opa/find-opa.ts";
export { startOpa, type OpaHandle, type OpaOptions } from "./opa/start-opa.ts";
export {
  checkMetrics,
  startPrometheus,
  type Prometheus,
  type PrometheusSample,
  type PrometheusTarget,
} from "./prometheus/start-prometheus.ts";
export { startAlertmanager, type Alertmanager, type PostedAlert } from "./alertmanager/start-alertmanager.ts";
export { startExporter, type Exporter, type ExporterName } from "./exporters/start-exporter.ts";
export { noteDrive, noteExposition } from "./metric-drives/note-drive.ts";
export { requireServer } from "./required-server.ts";
export {
  createSigningKey,
  signToken,
  type Claims,
  type SigningAlgorithm,
  type SigningKey,
} from "./token-issuer/signing-keys.ts";
export {
  CONFIDENTIAL_CLIENT,
  startAuthorizationServer,
  type AuthorizationServer,
} from "./authorization-server/start-authorization-server.ts";
export { browse } from "./authorization-server/browse.ts";
export {
  startTokenIssuer,
  type IssueOptions,
  type TokenIssuer,
  type TokenIssuerOptions,
} from "./token-issuer/start-token-issuer.ts";
export {
  HTTP_MISBEHAVIOURS,
  startMisbehavingUpstream,
  type HttpMisbehaviour,
  type MisbehavedRequest,
  type MisbehavingUpstream,
  type MisbehavingUpstreamOptions,
} from "./misbehaving-upstream/http/start-misbehaving-upstream.ts";
export { STDIO_MISBEHAVIOURS, type StdioMisbehaviour } from "./misbehaving-upstream/stdio/behaviours.ts";
export { misbehavingStdioCommand } from "./misbehaving-upstream/stdio/command.ts";
export {
  startPostgres,
  UNFLUSHED,
  type PostgresOptions,
  type TemporaryPostgres,
} from "./postgres/start-postgres.ts";
export { queryDatabase } from "./postgres/query-database.ts";
export { createTestDatabase } from "./postgres/test-database.ts";
export {
  startHeaderInjector,
  type HeaderInjector,
  type HeaderInjectorOptions,
} from "./header-injector/start-header-injector.ts";
export type { CollectedSpan } from "./otlp-receiver/decode-traces.ts";
export { startOtlpReceiver, type OtlpReceiver } from "./otlp-receiver/start-otlp-receiver.ts";
export { startCloudWatchLogs, type CloudWatchLogs } from "./siem/cloudwatch-logs/start-cloudwatch-logs.ts";
export { startDatadogLogs, type DatadogLogs } from "./siem/datadog-logs/start-datadog-logs.ts";
export { startSplunkHec, type SplunkHec, type SplunkHecOptions } from "./siem/splunk-hec/start-splunk-hec.ts";
export type { HecEvent } from "./siem/splunk-hec/read-events.ts";
export { startHttpCollector, type HttpCollector } from "./siem/http-collector/start-http-collector.ts";
export type { ReceiverFault } from "./siem/receiver/faults.ts";
export { startVictoriaLogs, type VictoriaLogs } from "./victoria-logs/start-victoria-logs.ts";
export { startJaeger, type Jaeger, type JaegerSpan } from "./jaeger/start-jaeger.ts";
export { startOtelCollector, type OtelCollector } from "./otel-collector/start-otel-collector.ts";
export { startFakeGrafana, type FakeGrafana } from "./grafana/start-fake-grafana.ts";
export { startHaproxy, type Haproxy } from "./haproxy/start-haproxy.ts";
export {
  startMailReceiver,
  type MailReceiver,
  type ReceivedMail,
} from "./mail-receiver/start-mail-receiver.ts";
export { startRsyslog, type Rsyslog, type RsyslogOptions } from "./rsyslog/start-rsyslog.ts";
export { createCertificates, type TestCertificates } from "./siem/receiver/certificates.ts";
export { startRedis, type Redis, type RedisOptions } from "./redis/start-redis.ts";
