import { series } from "../../promql/series.ts";
import type { Alert } from "../../domain/alert.ts";
import { ask } from "../runbooks/commands.ts";

const DAYS = `min by (instance, certificate) (${series("sark_gateway_certificate_remaining_seconds")} or ${series("metrics_certificate_remaining_seconds")}) / 86400`;
const SEEN = `min by (instance) (${series("probe_ssl_earliest_cert_expiry")} - time()) / 86400`;
const RENEW = {
  impact: "Once it has ended, clients or servers refuse the connection.",
  remedy: ["Renew it and put the new files in place; both services take them without a restart."],
};

export const certificateAlerts: readonly Alert[] = [
  {
    name: "CertificateExpiring",
    when: { value: DAYS, is: "<", threshold: 14 },
    for: "0m",
    severity: "critical",
    component: "security",
    team: "platform",
    summary: "A certificate ends in less than 14 days",
    description:
      "The certificate {{ $labels.certificate }} of {{ $labels.instance }} is valid for {{ $value | humanize }} more days.",
    runbook: {
      meaning:
        "A certificate or revocation list that the gateway or the metrics service uses, or is shown, ends soon or has ended.",
      diagnosis: [
        {
          look: "Which ones, when?",
          command: ask(
            "sort((sark_gateway_certificate_remaining_seconds or metrics_certificate_remaining_seconds) / 86400)",
          ),
        },
      ],
      ...RENEW,
    },
    window: 1,
    proof: {
      inputs: [
        {
          series:
            'sark_gateway_certificate_remaining_seconds{instance="a", certificate="http.tls.cert", role="server"}',
          firing: 13.5 * 86_400,
          under: 14.5 * 86_400,
        },
      ],
      says: "The certificate http.tls.cert of a is valid for 13.5 more days.",
      labels: { instance: "a", certificate: "http.tls.cert" },
    },
  },
  {
    name: "EndpointCertificateExpiring",
    when: { value: SEEN, is: "<", threshold: 14 },
    for: "0m",
    severity: "critical",
    component: "security",
    team: "platform",
    summary: "The certificate of a public address ends in less than 14 days",
    description:
      "The certificate that {{ $labels.instance }} shows is valid for {{ $value | humanize }} more days.",
    runbook: {
      meaning: "What clients see at this address (a load balancer, the metrics service) ends soon.",
      diagnosis: [
        {
          look: "Which ones, when?",
          command: ask("sort((probe_ssl_earliest_cert_expiry - time()) / 86400)"),
        },
      ],
      ...RENEW,
    },
    window: 1,
    proof: {
      // promtool's clock begins in 1970.
      inputs: [
        {
          series: 'probe_ssl_earliest_cert_expiry{instance="a"}',
          firing: 13.5 * 86_400,
          under: 14.5 * 86_400,
        },
      ],
      says: "The certificate that a shows is valid for 13.5 more days.",
      labels: { instance: "a" },
    },
  },
];
