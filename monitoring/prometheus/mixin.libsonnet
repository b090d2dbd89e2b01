// Generated from monitoring/src by `npm run generate`: edit it there.
{
  prometheusAlerts+:: {
  "groups": [
    {
      "name": "sark-gateway",
      "rules": [
        {
          "alert": "HighGatewayAuthorizationLatency",
          "expr": "(histogram_quantile(0.95, sum by (le) (rate(sark_gateway_authz_latency_seconds_bucket[5m]))) > 0.05) and on () (sum(rate(sark_gateway_authz_requests_total[5m])) > 0.1)",
          "for": "5m",
          "labels": {
            "severity": "warning",
            "component": "policy",
            "team": "platform"
          },
          "annotations": {
            "summary": "Authorization is slow: P95 above 50 ms",
            "description": "P95 of authorization is {{ $value | humanizeDuration }}, above 50 ms for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#highgatewayauthorizationlatency"
          }
        },
        {
          "alert": "CriticalGatewayAuthorizationLatency",
          "expr": "(histogram_quantile(0.95, sum by (le) (rate(sark_gateway_authz_latency_seconds_bucket[5m]))) > 0.1) and on () (sum(rate(sark_gateway_authz_requests_total[5m])) > 0.1)",
          "for": "2m",
          "labels": {
            "severity": "critical",
            "component": "policy",
            "team": "platform"
          },
          "annotations": {
            "summary": "Authorization is very slow: P95 above 100 ms",
            "description": "P95 of authorization is {{ $value | humanizeDuration }}, above 100 ms for 2 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#criticalgatewayauthorizationlatency"
          }
        },
        {
          "alert": "GatewayClientErrors",
          "expr": "(sum(rate(sark_gateway_client_errors_total{error_type!~\"-32010\", operation!~\"metrics|health|livez|readyz|health/ready|health/detailed|tls|access|audit_outcome|api_keys|jwks\"}[5m])) / (sum(rate(sark_gateway_client_errors_total{error_type!~\"-32010\", operation!~\"metrics|health|livez|readyz|health/ready|health/detailed|tls|access|audit_outcome|api_keys|jwks\"}[5m])) + (sum(rate(sark_gateway_calls_total{outcome=~\"ok|input_required|cancelled\"}[5m])) or vector(0)) + (sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed|mcp\", status=~\"[23]..\"}[5m])) or vector(0))) > 0.1) and on () ((sum(rate(sark_gateway_client_errors_total{error_type!~\"-32010\", operation!~\"metrics|health|livez|readyz|health/ready|health/detailed|tls|access|audit_outcome|api_keys|jwks\"}[5m])) + (sum(rate(sark_gateway_calls_total{outcome=~\"ok|input_required|cancelled\"}[5m])) or vector(0)) + (sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed|mcp\", status=~\"[23]..\"}[5m])) or vector(0))) > 0.1)",
          "for": "5m",
          "labels": {
            "severity": "critical",
            "component": "gateway",
            "team": "platform"
          },
          "annotations": {
            "summary": "More than 10 % of requests end in an error",
            "description": "{{ $value | humanizePercentage }} of requests were refused or failed for 5 minutes, denials left out.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewayclienterrors"
          }
        },
        {
          "alert": "HighDenyRate",
          "expr": "(sum(rate(sark_gateway_authz_requests_total{decision=\"deny\"}[10m])) / sum(rate(sark_gateway_authz_requests_total[10m])) > 0.3) and on () (sum(rate(sark_gateway_authz_requests_total[10m])) > 0.1)",
          "for": "10m",
          "labels": {
            "severity": "warning",
            "component": "policy",
            "team": "security"
          },
          "annotations": {
            "summary": "More than 30 % of authorization requests are denied",
            "description": "{{ $value | humanizePercentage }} of authorization requests were denied for 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#highdenyrate"
          }
        },
        {
          "alert": "HighA2ADenyRate",
          "expr": "(sum(rate(sark_a2a_authz_requests_total{decision=\"deny\"}[10m])) / sum(rate(sark_a2a_authz_requests_total[10m])) > 0.5) and on () (sum(rate(sark_a2a_authz_requests_total[10m])) > 0.1)",
          "for": "10m",
          "labels": {
            "severity": "warning",
            "component": "policy",
            "team": "security"
          },
          "annotations": {
            "summary": "More than half of the requests between agents are denied",
            "description": "{{ $value | humanizePercentage }} of requests between agents were denied for 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#higha2adenyrate"
          }
        },
        {
          "alert": "LowPolicyCacheHitRate",
          "expr": "(sum(rate(sark_gateway_cache_hits_total[5m])) / (sum(rate(sark_gateway_cache_hits_total[5m])) + sum(rate(sark_gateway_cache_misses_total[5m]))) < 0.8) and on () (sum(rate(sark_gateway_cache_hits_total[5m])) + sum(rate(sark_gateway_cache_misses_total[5m])) > 0.1)",
          "for": "10m",
          "labels": {
            "severity": "warning",
            "component": "policy",
            "team": "platform"
          },
          "annotations": {
            "summary": "Less than 80 % of decisions come from the cache",
            "description": "Only {{ $value | humanizePercentage }} of decisions came from the cache for 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#lowpolicycachehitrate"
          }
        },
        {
          "alert": "ZeroCacheHits",
          "expr": "(sum(rate(sark_gateway_cache_hits_total[5m])) == 0) and on () (sum(rate(sark_gateway_cache_misses_total[5m])) > 0.1)",
          "for": "5m",
          "labels": {
            "severity": "critical",
            "component": "policy",
            "team": "platform"
          },
          "annotations": {
            "summary": "No decision comes from the cache",
            "description": "Decisions from the cache per second: {{ $value }}, for 5 minutes, though there are requests.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#zerocachehits"
          }
        },
        {
          "alert": "HighGatewayRequestVolume",
          "expr": "sum(rate(sark_gateway_authz_requests_total[5m])) > 1000",
          "for": "5m",
          "labels": {
            "severity": "warning",
            "component": "gateway",
            "team": "platform"
          },
          "annotations": {
            "summary": "More than 1000 requests per second",
            "description": "{{ $value | humanize }} requests per second for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#highgatewayrequestvolume"
          }
        },
        {
          "alert": "NoGatewayRequests",
          "expr": "sum(rate(sark_gateway_authz_requests_total[5m])) == 0",
          "for": "10m",
          "labels": {
            "severity": "warning",
            "component": "gateway",
            "team": "platform"
          },
          "annotations": {
            "summary": "No request for 10 minutes",
            "description": "Requests per second: {{ $value }}, for 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#nogatewayrequests"
          }
        },
        {
          "alert": "AuditEventLoggingFailed",
          "expr": "((sum(rate(sark_gateway_audit_events_total[5m])) or vector(0)) == 0) and on () (sum(rate(sark_gateway_authz_requests_total[5m])) > 0)",
          "for": "1m",
          "labels": {
            "severity": "critical",
            "component": "audit",
            "team": "security"
          },
          "annotations": {
            "summary": "Requests are decided and no audit event is committed",
            "description": "Audit events per second: {{ $value }}, though requests are decided.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#auditeventloggingfailed"
          }
        }
      ]
    },
    {
      "name": "sark-service",
      "rules": [
        {
          "alert": "GatewayHighErrorRate",
          "expr": "(sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", status=~\"5..\"}[5m])) / sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[5m])) > 0.05) and on () (sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[5m])) > 0.1)",
          "for": "5m",
          "labels": {
            "severity": "critical",
            "component": "gateway",
            "team": "platform"
          },
          "annotations": {
            "summary": "More than 5 % of HTTP requests fail at the gateway",
            "description": "{{ $value | humanizePercentage }} of HTTP requests had a status of 5xx for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewayhigherrorrate"
          }
        },
        {
          "alert": "GatewayHighLatency",
          "expr": "(histogram_quantile(0.95, sum by (le) (rate(sark_gateway_request_duration_seconds_bucket{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[5m]))) > 2) and on () (sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[5m])) > 0.1)",
          "for": "5m",
          "labels": {
            "severity": "warning",
            "component": "gateway",
            "team": "platform"
          },
          "annotations": {
            "summary": "Requests are slow: P95 above 2 s",
            "description": "P95 of HTTP requests is {{ $value | humanizeDuration }}, above 2 s for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewayhighlatency"
          }
        },
        {
          "alert": "GatewayLowSuccessRate",
          "expr": "(sum(rate(sark_gateway_calls_total{outcome=~\"ok|input_required|cancelled\"}[10m])) / sum(rate(sark_gateway_calls_total[10m])) < 0.95) and on () (sum(rate(sark_gateway_calls_total[10m])) > 0.1)",
          "for": "10m",
          "labels": {
            "severity": "warning",
            "component": "upstream",
            "team": "platform"
          },
          "annotations": {
            "summary": "Less than 95 % of permitted calls succeed",
            "description": "Only {{ $value | humanizePercentage }} of permitted calls succeeded for 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewaylowsuccessrate"
          }
        },
        {
          "alert": "GatewayDown",
          "expr": "(sum(rate(sark_gateway_requests_total[2m])) or vector(0)) == 0",
          "for": "2m",
          "labels": {
            "severity": "critical",
            "component": "gateway",
            "team": "platform"
          },
          "annotations": {
            "summary": "No gateway serves a request",
            "description": "Requests per second of all gateways: {{ $value }}, for 2 minutes; not even a scrape was served.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewaydown"
          }
        },
        {
          "alert": "ConnectionPoolExhausted",
          "expr": "sum by (instance, pool, name) (sark_gateway_pool_waiting) > 0",
          "for": "2m",
          "labels": {
            "severity": "critical",
            "component": "gateway",
            "team": "platform"
          },
          "annotations": {
            "summary": "A pool has no connection free",
            "description": "{{ $value }} wait for a connection of the pool {{ $labels.pool }} {{ $labels.name }} at {{ $labels.instance }}, for 2 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#connectionpoolexhausted"
          }
        }
      ]
    },
    {
      "name": "sark-security",
      "rules": [
        {
          "alert": "UnusualAuthenticationFailures",
          "expr": "sum(rate(sark_gateway_authentication_failures_total{reason!~\"missing_credentials\"}[5m])) > 0.5",
          "for": "2m",
          "labels": {
            "severity": "warning",
            "component": "security",
            "team": "security"
          },
          "annotations": {
            "summary": "Many requests have a credential that is not accepted",
            "description": "{{ $value | humanize }} credentials per second were not accepted, for 2 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#unusualauthenticationfailures"
          }
        },
        {
          "alert": "SecurityBreachSuspected",
          "expr": "((sum(increase(sark_gateway_authentication_failures_total{reason=~\"bad_signature|unsupported_algorithm|unknown_signing_key|exceeds_issuer|unconfirmed_token\"}[10m])) or vector(0)) + (sum(increase(sark_gateway_forwarded_refused_total{reason=~\"not_authentic|repeated\"}[10m])) or vector(0))) > 5",
          "labels": {
            "severity": "critical",
            "component": "security",
            "team": "security"
          },
          "annotations": {
            "summary": "Forged credentials or forged messages between replicas",
            "description": "{{ $value | humanize }} forged credentials or messages in 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#securitybreachsuspected"
          }
        },
        {
          "alert": "HighPolicyDenialRate",
          "expr": "(sum(rate(sark_gateway_authz_requests_total{decision=\"deny\"}[5m])) / sum(rate(sark_gateway_authz_requests_total[5m])) > 0.5) and on () (sum(rate(sark_gateway_authz_requests_total[5m])) > 0.1)",
          "for": "5m",
          "labels": {
            "severity": "critical",
            "component": "security",
            "team": "security",
            "symptom": "denials"
          },
          "annotations": {
            "summary": "More than half of all requests are denied",
            "description": "{{ $value | humanizePercentage }} of authorization requests were denied for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#highpolicydenialrate"
          }
        },
        {
          "alert": "RateLimitAbuse",
          "expr": "sum by (limit) (rate(sark_gateway_rate_limit_violations_total[5m])) > 1",
          "for": "2m",
          "labels": {
            "severity": "warning",
            "component": "security",
            "team": "security"
          },
          "annotations": {
            "summary": "Callers keep running into rate limits",
            "description": "{{ $value | humanize }} calls per second were refused by the limit of each {{ $labels.limit }}, for 2 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#ratelimitabuse"
          }
        },
        {
          "alert": "PrivilegeEscalationAttempts",
          "expr": "((sum(increase(sark_policy_denials_total{reason=~\"denied_by_role|denied_by_scope\"}[10m])) or vector(0)) + (sum(increase(sark_gateway_requests_total{status=\"403\"}[10m])) or vector(0))) > 10",
          "labels": {
            "severity": "critical",
            "component": "security",
            "team": "security"
          },
          "annotations": {
            "summary": "Callers ask for what their role or token does not allow",
            "description": "{{ $value | humanize }} requests in 10 minutes asked for more than a role or scope allows.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#privilegeescalationattempts"
          }
        },
        {
          "alert": "SuspiciousUserActivity",
          "expr": "(sum by (tenant, user) (increase(sark_gateway_user_requests_total{decision=\"deny\"}[15m])) / sum by (tenant, user) (increase(sark_gateway_user_requests_total[15m])) > 0.5) and (sum by (tenant, user) (increase(sark_gateway_user_requests_total{decision=\"deny\"}[15m])) > 20)",
          "labels": {
            "severity": "warning",
            "component": "security",
            "team": "security"
          },
          "annotations": {
            "summary": "Most of what one user asks for is denied",
            "description": "{{ $value | humanizePercentage }} of the requests of {{ $labels.user }} ({{ $labels.tenant }}) were denied in 15 minutes, more than 20.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#suspicioususeractivity"
          }
        },
        {
          "alert": "AuditHistoryChanged",
          "expr": "((sum(increase(sark_audit_store_set_back_total[10m])) or vector(0)) + (sum(increase(sark_audit_log_refusals_total[10m])) or vector(0))) > 0",
          "labels": {
            "severity": "critical",
            "component": "security",
            "team": "security"
          },
          "annotations": {
            "summary": "The audit database has lost or changed what was on record",
            "description": "The audit database contradicted what it had committed, or what was signed, {{ $value | humanize }} times in 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#audithistorychanged"
          }
        }
      ]
    },
    {
      "name": "sark-infrastructure",
      "rules": [
        {
          "alert": "HighHostMemoryUsage",
          "expr": "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.8",
          "for": "5m",
          "labels": {
            "severity": "warning",
            "component": "host",
            "team": "platform"
          },
          "annotations": {
            "summary": "More than 80 % of a machine's memory is in use",
            "description": "{{ $value | humanizePercentage }} of the memory of {{ $labels.instance }} is in use, for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#highhostmemoryusage"
          }
        },
        {
          "alert": "HighHostCpuUsage",
          "expr": "1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m])) > 0.8",
          "for": "10m",
          "labels": {
            "severity": "warning",
            "component": "host",
            "team": "platform"
          },
          "annotations": {
            "summary": "A machine's processors are busy more than 80 % of the time",
            "description": "The processors of {{ $labels.instance }} are busy {{ $value | humanizePercentage }} of the time, for 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#highhostcpuusage"
          }
        },
        {
          "alert": "LowHostDiskSpace",
          "expr": "node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.2",
          "for": "5m",
          "labels": {
            "severity": "warning",
            "component": "host",
            "team": "platform"
          },
          "annotations": {
            "summary": "Less than 20 % of a disk is free",
            "description": "{{ $value | humanizePercentage }} of {{ $labels.mountpoint }} at {{ $labels.instance }} is free, for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#lowhostdiskspace"
          }
        },
        {
          "alert": "LowDataDiskSpace",
          "expr": "disk_free_bytes / disk_size_bytes < 0.2",
          "for": "5m",
          "labels": {
            "severity": "critical",
            "component": "host",
            "team": "platform"
          },
          "annotations": {
            "summary": "Less than 20 % of a service's own disk is free",
            "description": "{{ $value | humanizePercentage }} of the disk of the directory {{ $labels.directory }} of {{ $labels.job }} {{ $labels.instance }} is free, for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#lowdatadiskspace"
          }
        },
        {
          "alert": "HostDiskFullSoon",
          "expr": "(node_filesystem_avail_bytes / (-deriv(node_filesystem_avail_bytes[6h]) > 0) < 259200) and (1 - node_filesystem_avail_bytes / node_filesystem_size_bytes > 0.5)",
          "for": "30m",
          "labels": {
            "severity": "warning",
            "component": "host",
            "team": "platform"
          },
          "annotations": {
            "summary": "A disk will be full within 3 days",
            "description": "{{ $labels.mountpoint }} at {{ $labels.instance }} is full in {{ $value | humanizeDuration }}, if it goes on filling as in the last 6 hours.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#hostdiskfullsoon"
          }
        },
        {
          "alert": "RedisMemoryHigh",
          "expr": "redis_memory_used_bytes / (redis_memory_max_bytes > 0) > 0.8",
          "for": "10m",
          "labels": {
            "severity": "warning",
            "component": "database",
            "team": "platform"
          },
          "annotations": {
            "summary": "Redis uses more than 80 % of the memory that it may take",
            "description": "Redis, as {{ $labels.instance }} sees it, uses {{ $value | humanizePercentage }} of its `maxmemory`, for 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#redismemoryhigh"
          }
        },
        {
          "alert": "KubernetesNodeNotReady",
          "expr": "max by (node) (kube_node_status_condition{condition=\"Ready\", status=\"true\"}) == 0",
          "for": "5m",
          "labels": {
            "severity": "critical",
            "component": "host",
            "team": "platform"
          },
          "annotations": {
            "summary": "A node of the cluster is not ready",
            "description": "The node {{ $labels.node }} is ready: {{ $value }} (0 is no), for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#kubernetesnodenotready"
          }
        },
        {
          "alert": "AutoscalerAtMaximum",
          "expr": "max by (namespace, horizontalpodautoscaler) (kube_horizontalpodautoscaler_status_current_replicas) / max by (namespace, horizontalpodautoscaler) (kube_horizontalpodautoscaler_spec_max_replicas) > 0.99",
          "for": "15m",
          "labels": {
            "severity": "warning",
            "component": "host",
            "team": "platform"
          },
          "annotations": {
            "summary": "An autoscaler has started as many pods as it may",
            "description": "The autoscaler {{ $labels.horizontalpodautoscaler }} of {{ $labels.namespace }} has {{ $value | humanizePercentage }} of the pods that it may have, for 15 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#autoscaleratmaximum"
          }
        },
        {
          "alert": "EndpointUnreachable",
          "expr": "min by (instance) (probe_success) == 0",
          "for": "2m",
          "labels": {
            "severity": "critical",
            "component": "host",
            "team": "platform"
          },
          "annotations": {
            "summary": "A public address does not respond as it should",
            "description": "The probe of {{ $labels.instance }} succeeds: {{ $value }} (0 is no), for 2 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#endpointunreachable"
          }
        },
        {
          "alert": "PolicyEngineDown",
          "expr": "min by (instance) (sark_gateway_dependency_up{dependency=\"policy\"}) == 0",
          "for": "1m",
          "labels": {
            "severity": "critical",
            "component": "policy",
            "team": "platform"
          },
          "annotations": {
            "summary": "The policy engine (OPA) does not respond",
            "description": "The policy engine of {{ $labels.instance }} is up: {{ $value }} (0 is no), for 1 minute.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#policyenginedown"
          }
        },
        {
          "alert": "AuditStoreDown",
          "expr": "min by (instance) (sark_audit_store_up{job=\"sark-gateway\"}) == 0",
          "for": "1m",
          "labels": {
            "severity": "critical",
            "component": "audit",
            "team": "platform"
          },
          "annotations": {
            "summary": "The audit store takes no events",
            "description": "The audit store of {{ $labels.instance }} is up: {{ $value }} (0 is no), for 1 minute.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#auditstoredown"
          }
        },
        {
          "alert": "PostgresDown",
          "expr": "min by (instance) (pg_up) == 0",
          "for": "1m",
          "labels": {
            "severity": "critical",
            "component": "database",
            "team": "platform"
          },
          "annotations": {
            "summary": "PostgreSQL does not respond",
            "description": "PostgreSQL, as {{ $labels.instance }} sees it, is up: {{ $value }} (0 is no), for 1 minute.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#postgresdown"
          }
        },
        {
          "alert": "SharedStateDown",
          "expr": "min by (instance) (sark_gateway_shared_state_up) == 0",
          "for": "2m",
          "labels": {
            "severity": "warning",
            "component": "gateway",
            "team": "platform"
          },
          "annotations": {
            "summary": "Replicas cannot ask what they share (Redis)",
            "description": "What {{ $labels.instance }} shares with other replicas is up: {{ $value }} (0 is no), for 2 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#sharedstatedown"
          }
        },
        {
          "alert": "SiemIntegrationFailing",
          "expr": "min by (platform, destination) (sark_siem_connection_up{job=\"sark-gateway\"}) == 0",
          "for": "5m",
          "labels": {
            "severity": "critical",
            "component": "siem",
            "team": "security"
          },
          "annotations": {
            "summary": "A SIEM takes no events",
            "description": "The connection to {{ $labels.destination }} ({{ $labels.platform }}) is up: {{ $value }} (0 is no), for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#siemintegrationfailing"
          }
        },
        {
          "alert": "SiemEventsQuarantined",
          "expr": "sum by (platform, destination) (increase(sark_siem_events_quarantined_total{job=\"sark-gateway\"}[10m])) > 0",
          "labels": {
            "severity": "warning",
            "component": "siem",
            "team": "security"
          },
          "annotations": {
            "summary": "A SIEM has refused events for good",
            "description": "{{ $value | humanize }} events for {{ $labels.destination }} ({{ $labels.platform }}) went into quarantine in 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#siemeventsquarantined"
          }
        }
      ]
    },
    {
      "name": "sark-business",
      "rules": [
        {
          "alert": "ToolSlaViolated",
          "expr": "(histogram_quantile(0.95, sum by (server, tool, le) (rate(sark_gateway_tool_execution_seconds_bucket[10m]))) > 5) and on () (sum(rate(sark_gateway_tool_execution_seconds_count[10m])) > 0.05)",
          "for": "10m",
          "labels": {
            "severity": "warning",
            "component": "upstream",
            "team": "product"
          },
          "annotations": {
            "summary": "A tool is slower than promised: P95 above 5 s",
            "description": "P95 of {{ $labels.tool }} at {{ $labels.server }} is {{ $value | humanizeDuration }}, above 5 s for 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#toolslaviolated"
          }
        },
        {
          "alert": "UserQuotaExceeded",
          "expr": "sum by (payer, period) (increase(sark_gateway_quota_exceeded_total[10m])) > 0",
          "labels": {
            "severity": "warning",
            "component": "cost",
            "team": "product"
          },
          "annotations": {
            "summary": "Calls do not fit a budget any more",
            "description": "{{ $value | humanize }} calls in 10 minutes did not fit the budget of a {{ $labels.payer }} for the {{ $labels.period }}.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#userquotaexceeded"
          }
        },
        {
          "alert": "BudgetThresholdReached",
          "expr": "max by (payer, name, period) (sark_gateway_quota_used_ratio) > 0.8",
          "labels": {
            "severity": "warning",
            "component": "cost",
            "team": "product"
          },
          "annotations": {
            "summary": "More than 80 % of a budget is used",
            "description": "{{ $value | humanizePercentage }} of the budget of the {{ $labels.payer }} {{ $labels.name }} for the {{ $labels.period }} is used.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#budgetthresholdreached"
          }
        },
        {
          "alert": "UnusualCost",
          "expr": "(sum(rate(sark_gateway_cost_total[1h])) / sum(rate(sark_gateway_cost_total[1h] offset 1d)) > 3) and on () (sum(rate(sark_gateway_cost_total[1h])) > 0.001)",
          "for": "10m",
          "labels": {
            "severity": "warning",
            "component": "cost",
            "team": "product"
          },
          "annotations": {
            "summary": "Calls cost more than three times what they did",
            "description": "Calls cost {{ $value | humanize }} times as much as at the same time a day before.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#unusualcost"
          }
        }
      ]
    },
    {
      "name": "sark-metrics-service",
      "rules": [
        {
          "alert": "APIHighErrorRate",
          "expr": "(sum(rate(metrics_api_request_duration_seconds_count{status_code=~\"5..\"}[5m])) / sum(rate(metrics_api_request_duration_seconds_count[5m])) > 0.05) and on () (sum(rate(metrics_api_request_duration_seconds_count[5m])) > 0.1)",
          "for": "1m",
          "labels": {
            "severity": "critical",
            "component": "metrics-service",
            "team": "platform"
          },
          "annotations": {
            "summary": "More than 5 % of requests fail at the metrics service",
            "description": "{{ $value | humanizePercentage }} of requests to the metrics service had a status of 5xx for 1 minute.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#apihigherrorrate"
          }
        },
        {
          "alert": "APIHighLatency",
          "expr": "(histogram_quantile(0.95, sum by (le) (rate(metrics_api_request_duration_seconds_bucket[5m]))) > 0.5) and on () (sum(rate(metrics_api_request_duration_seconds_count[5m])) > 0.1)",
          "for": "2m",
          "labels": {
            "severity": "critical",
            "component": "metrics-service",
            "team": "platform",
            "symptom": "metrics-latency"
          },
          "annotations": {
            "summary": "The metrics service is slow: P95 above 500 ms",
            "description": "P95 of requests to the metrics service is {{ $value | humanizeDuration }}, above 500 ms for 2 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#apihighlatency"
          }
        },
        {
          "alert": "SlowResponseTime",
          "expr": "(sum by (route) (rate(metrics_api_request_duration_seconds_sum[10m])) / sum by (route) (rate(metrics_api_request_duration_seconds_count[10m])) > 0.5) and on () (sum(rate(metrics_api_request_duration_seconds_count[5m])) > 0.1)",
          "for": "10m",
          "labels": {
            "severity": "warning",
            "component": "metrics-service",
            "team": "platform",
            "symptom": "metrics-latency"
          },
          "annotations": {
            "summary": "A route of the metrics service takes more than 500 ms on average",
            "description": "{{ $labels.route }} takes {{ $value | humanizeDuration }} on average, above 500 ms for 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#slowresponsetime"
          }
        },
        {
          "alert": "MetricsServiceDown",
          "expr": "(sum(up{job=\"sark-metrics\"}) or vector(0)) == 0",
          "for": "1m",
          "labels": {
            "severity": "critical",
            "component": "metrics-service",
            "team": "platform"
          },
          "annotations": {
            "summary": "The metrics service is down",
            "description": "Replicas of the metrics service that Prometheus reaches: {{ $value }}, for 1 minute.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#metricsservicedown"
          }
        },
        {
          "alert": "UnusualTraffic",
          "expr": "(sum(rate(metrics_api_request_duration_seconds_count[5m])) / sum(rate(metrics_api_request_duration_seconds_count[5m] offset 1h)) > 3) and on () (sum(rate(metrics_api_request_duration_seconds_count[5m])) > 0.5)",
          "for": "5m",
          "labels": {
            "severity": "warning",
            "component": "metrics-service",
            "team": "platform"
          },
          "annotations": {
            "summary": "Requests to the metrics service are more than three times as many",
            "description": "There are {{ $value | humanize }} times as many requests as an hour before, for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#unusualtraffic"
          }
        },
        {
          "alert": "DatabaseConnectionFailure",
          "expr": "(sum(rate(metrics_database_transactions_total{result=\"failed\"}[1m])) / sum(rate(metrics_database_transactions_total[1m])) > 0.5) and on () (sum(rate(metrics_database_transactions_total[1m])) > 0.05)",
          "for": "1m",
          "labels": {
            "severity": "critical",
            "component": "metrics-service",
            "team": "platform",
            "symptom": "metrics-database"
          },
          "annotations": {
            "summary": "The metrics service cannot use its database",
            "description": "{{ $value | humanizePercentage }} of the transactions of the metrics service failed, for 1 minute.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#databaseconnectionfailure"
          }
        },
        {
          "alert": "DatabaseHighConnections",
          "expr": "sum by (instance) (metrics_database_pool_connections{state=\"in_use\"}) / sum by (instance) (metrics_database_pool_max_connections) > 0.8",
          "for": "5m",
          "labels": {
            "severity": "critical",
            "component": "metrics-service",
            "team": "platform"
          },
          "annotations": {
            "summary": "More than 80 % of the metrics service's database connections are in use",
            "description": "{{ $value | humanizePercentage }} of the connections of {{ $labels.instance }} are in use, for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#databasehighconnections"
          }
        },
        {
          "alert": "CacheHitRateDegraded",
          "expr": "((sum(rate(metrics_cache_hits_total[15m])) / (sum(rate(metrics_cache_hits_total[15m])) + sum(rate(metrics_cache_misses_total[15m])))) / (sum(rate(metrics_cache_hits_total[15m] offset 1d)) / (sum(rate(metrics_cache_hits_total[15m] offset 1d)) + sum(rate(metrics_cache_misses_total[15m] offset 1d)))) < 0.5) and on () ((sum(rate(metrics_cache_hits_total[15m])) + sum(rate(metrics_cache_misses_total[15m]))) > 0.1)",
          "for": "10m",
          "labels": {
            "severity": "warning",
            "component": "metrics-service",
            "team": "platform"
          },
          "annotations": {
            "summary": "Readings come from the cache less than half as often as a day before",
            "description": "The share of readings that were there already is {{ $value | humanizePercentage }} of what it was a day before, for 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#cachehitratedegraded"
          }
        },
        {
          "alert": "CriticalMemoryUsage",
          "expr": "max by (instance) (nodejs_heap_size_used_bytes{job=\"sark-metrics\"} / nodejs_heap_size_limit_bytes{job=\"sark-metrics\"}) > 0.9",
          "for": "2m",
          "labels": {
            "severity": "critical",
            "component": "metrics-service",
            "team": "platform",
            "symptom": "metrics-memory"
          },
          "annotations": {
            "summary": "The metrics service uses more than 90 % of its memory",
            "description": "{{ $value | humanizePercentage }} of the memory of {{ $labels.instance }} is in use, for 2 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#criticalmemoryusage"
          }
        },
        {
          "alert": "HighMemoryUsage",
          "expr": "max by (instance) (nodejs_heap_size_used_bytes{job=\"sark-metrics\"} / nodejs_heap_size_limit_bytes{job=\"sark-metrics\"}) > 0.8",
          "for": "5m",
          "labels": {
            "severity": "warning",
            "component": "metrics-service",
            "team": "platform",
            "symptom": "metrics-memory"
          },
          "annotations": {
            "summary": "The metrics service uses more than 80 % of its memory",
            "description": "{{ $value | humanizePercentage }} of the memory of {{ $labels.instance }} is in use, for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#highmemoryusage"
          }
        },
        {
          "alert": "CriticalCPUUsage",
          "expr": "sum by (instance) (rate(process_cpu_user_seconds_total{job=\"sark-metrics\"}[5m]) + rate(process_cpu_system_seconds_total{job=\"sark-metrics\"}[5m])) > 0.85",
          "for": "5m",
          "labels": {
            "severity": "critical",
            "component": "metrics-service",
            "team": "platform",
            "symptom": "metrics-cpu"
          },
          "annotations": {
            "summary": "The metrics service is busy more than 85 % of the time",
            "description": "{{ $labels.instance }} is busy {{ $value | humanizePercentage }} of the time, for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#criticalcpuusage"
          }
        },
        {
          "alert": "HighCPUUsage",
          "expr": "sum by (instance) (rate(process_cpu_user_seconds_total{job=\"sark-metrics\"}[5m]) + rate(process_cpu_system_seconds_total{job=\"sark-metrics\"}[5m])) > 0.8",
          "for": "10m",
          "labels": {
            "severity": "warning",
            "component": "metrics-service",
            "team": "platform",
            "symptom": "metrics-cpu"
          },
          "annotations": {
            "summary": "The metrics service is busy more than 80 % of the time",
            "description": "{{ $labels.instance }} is busy {{ $value | humanizePercentage }} of the time, for 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#highcpuusage"
          }
        },
        {
          "alert": "HighDiskUsage",
          "expr": "1 - min by (instance, directory) (disk_free_bytes{job=\"sark-metrics\"} / disk_size_bytes{job=\"sark-metrics\"}) > 0.8",
          "for": "5m",
          "labels": {
            "severity": "warning",
            "component": "metrics-service",
            "team": "platform"
          },
          "annotations": {
            "summary": "The disk of the metrics service is more than 80 % full",
            "description": "{{ $value | humanizePercentage }} of the disk of {{ $labels.directory }} at {{ $labels.instance }} is used, for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#highdiskusage"
          }
        },
        {
          "alert": "CertificateExpiring",
          "expr": "min by (instance, certificate) (sark_gateway_certificate_remaining_seconds or metrics_certificate_remaining_seconds) / 86400 < 14",
          "labels": {
            "severity": "critical",
            "component": "security",
            "team": "platform"
          },
          "annotations": {
            "summary": "A certificate ends in less than 14 days",
            "description": "The certificate {{ $labels.certificate }} of {{ $labels.instance }} is valid for {{ $value | humanize }} more days.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#certificateexpiring"
          }
        },
        {
          "alert": "EndpointCertificateExpiring",
          "expr": "min by (instance) (probe_ssl_earliest_cert_expiry - time()) / 86400 < 14",
          "labels": {
            "severity": "critical",
            "component": "security",
            "team": "platform"
          },
          "annotations": {
            "summary": "The certificate of a public address ends in less than 14 days",
            "description": "The certificate that {{ $labels.instance }} shows is valid for {{ $value | humanize }} more days.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#endpointcertificateexpiring"
          }
        },
        {
          "alert": "WebSocketConnectionDrop",
          "expr": "sum(increase(metrics_websocket_connections_closed_total{reason!~\"client|restart\"}[10m])) > 50",
          "for": "2m",
          "labels": {
            "severity": "warning",
            "component": "metrics-service",
            "team": "platform"
          },
          "annotations": {
            "summary": "More than 50 live connections were lost in 10 minutes",
            "description": "{{ $value | humanize }} live connections were lost in 10 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#websocketconnectiondrop"
          }
        },
        {
          "alert": "BackgroundJobsFailing",
          "expr": "sum by (job_name) (increase(metrics_background_jobs_total{result=~\"failed|dead\"}[15m])) > 3",
          "labels": {
            "severity": "warning",
            "component": "metrics-service",
            "team": "platform"
          },
          "annotations": {
            "summary": "A background job fails again and again",
            "description": "{{ $labels.job_name }} failed {{ $value | humanize }} times in 15 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#backgroundjobsfailing"
          }
        },
        {
          "alert": "LowUserActivity",
          "expr": "sum(metrics_active_users_total{time_window=\"1h\"}) < 10",
          "for": "30m",
          "labels": {
            "severity": "warning",
            "component": "metrics-service",
            "team": "product",
            "kind": "business"
          },
          "annotations": {
            "summary": "Fewer than 10 active users in an hour",
            "description": "{{ $value }} users were active in the last hour.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#lowuseractivity"
          }
        },
        {
          "alert": "ProductivityScoreAnomaly",
          "expr": "(sum by (tenant_id) (increase(metrics_productivity_score_sum[1h])) / sum by (tenant_id) (increase(metrics_productivity_score_count[1h])) < 50) and (sum by (tenant_id) (increase(metrics_productivity_score_count[1h])) > 10)",
          "for": "15m",
          "labels": {
            "severity": "warning",
            "component": "metrics-service",
            "team": "product",
            "kind": "business"
          },
          "annotations": {
            "summary": "Productivity scores are below 50 on average",
            "description": "The productivity scores of {{ $labels.tenant_id }} were {{ $value | humanize }} on average in 1 hour.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#productivityscoreanomaly"
          }
        }
      ]
    },
    {
      "name": "sark-slo-gateway-availability",
      "rules": [
        {
          "alert": "GatewayAvailabilityBurn14x",
          "expr": "((sark:slo_errors:ratio_rate1h{slo=\"gateway-availability\"} > 0.0144) and (sark:slo_errors:ratio_rate5m{slo=\"gateway-availability\"} > 0.0144)) and on () (sum(sark:slo_events:rate1h{slo=\"gateway-availability\"}) > 0.02)",
          "for": "2m",
          "labels": {
            "severity": "critical",
            "component": "gateway",
            "team": "platform",
            "burn": "14.4"
          },
          "annotations": {
            "summary": "The budget of errors of gateway-availability is used up 14.4 times too fast",
            "description": "{{ $value | humanizePercentage }} of gateway-availability is bad over 1h and 5m: 14.4 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewayavailabilityburn14x"
          }
        },
        {
          "alert": "GatewayAvailabilityBurn6x",
          "expr": "((sark:slo_errors:ratio_rate6h{slo=\"gateway-availability\"} > 0.006) and (sark:slo_errors:ratio_rate30m{slo=\"gateway-availability\"} > 0.006)) and on () (sum(sark:slo_events:rate6h{slo=\"gateway-availability\"}) > 0.02)",
          "for": "15m",
          "labels": {
            "severity": "critical",
            "component": "gateway",
            "team": "platform",
            "burn": "6"
          },
          "annotations": {
            "summary": "The budget of errors of gateway-availability is used up 6 times too fast",
            "description": "{{ $value | humanizePercentage }} of gateway-availability is bad over 6h and 30m: 6 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewayavailabilityburn6x"
          }
        },
        {
          "alert": "GatewayAvailabilityBurn3x",
          "expr": "((sark:slo_errors:ratio_rate1d{slo=\"gateway-availability\"} > 0.003) and (sark:slo_errors:ratio_rate2h{slo=\"gateway-availability\"} > 0.003)) and on () (sum(sark:slo_events:rate1d{slo=\"gateway-availability\"}) > 0.02)",
          "for": "1h",
          "labels": {
            "severity": "warning",
            "component": "gateway",
            "team": "platform",
            "burn": "3"
          },
          "annotations": {
            "summary": "The budget of errors of gateway-availability is used up 3 times too fast",
            "description": "{{ $value | humanizePercentage }} of gateway-availability is bad over 1d and 2h: 3 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewayavailabilityburn3x"
          }
        },
        {
          "alert": "GatewayAvailabilityBurn1x",
          "expr": "((sark:slo_errors:ratio_rate3d{slo=\"gateway-availability\"} > 0.001) and (sark:slo_errors:ratio_rate6h{slo=\"gateway-availability\"} > 0.001)) and on () (sum(sark:slo_events:rate3d{slo=\"gateway-availability\"}) > 0.02)",
          "for": "3h",
          "labels": {
            "severity": "warning",
            "component": "gateway",
            "team": "platform",
            "burn": "1"
          },
          "annotations": {
            "summary": "The budget of errors of gateway-availability is used up 1 times too fast",
            "description": "{{ $value | humanizePercentage }} of gateway-availability is bad over 3d and 6h: 1 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewayavailabilityburn1x"
          }
        }
      ]
    },
    {
      "name": "sark-slo-gateway-latency",
      "rules": [
        {
          "alert": "GatewayLatencyBurn14x",
          "expr": "((sark:slo_errors:ratio_rate1h{slo=\"gateway-latency\"} > 0.144) and (sark:slo_errors:ratio_rate5m{slo=\"gateway-latency\"} > 0.144)) and on () (sum(sark:slo_events:rate1h{slo=\"gateway-latency\"}) > 0.02)",
          "for": "2m",
          "labels": {
            "severity": "critical",
            "component": "gateway",
            "team": "platform",
            "burn": "14.4"
          },
          "annotations": {
            "summary": "The budget of errors of gateway-latency is used up 14.4 times too fast",
            "description": "{{ $value | humanizePercentage }} of gateway-latency is bad over 1h and 5m: 14.4 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewaylatencyburn14x"
          }
        },
        {
          "alert": "GatewayLatencyBurn6x",
          "expr": "((sark:slo_errors:ratio_rate6h{slo=\"gateway-latency\"} > 0.06) and (sark:slo_errors:ratio_rate30m{slo=\"gateway-latency\"} > 0.06)) and on () (sum(sark:slo_events:rate6h{slo=\"gateway-latency\"}) > 0.02)",
          "for": "15m",
          "labels": {
            "severity": "critical",
            "component": "gateway",
            "team": "platform",
            "burn": "6"
          },
          "annotations": {
            "summary": "The budget of errors of gateway-latency is used up 6 times too fast",
            "description": "{{ $value | humanizePercentage }} of gateway-latency is bad over 6h and 30m: 6 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewaylatencyburn6x"
          }
        },
        {
          "alert": "GatewayLatencyBurn3x",
          "expr": "((sark:slo_errors:ratio_rate1d{slo=\"gateway-latency\"} > 0.03) and (sark:slo_errors:ratio_rate2h{slo=\"gateway-latency\"} > 0.03)) and on () (sum(sark:slo_events:rate1d{slo=\"gateway-latency\"}) > 0.02)",
          "for": "1h",
          "labels": {
            "severity": "warning",
            "component": "gateway",
            "team": "platform",
            "burn": "3"
          },
          "annotations": {
            "summary": "The budget of errors of gateway-latency is used up 3 times too fast",
            "description": "{{ $value | humanizePercentage }} of gateway-latency is bad over 1d and 2h: 3 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewaylatencyburn3x"
          }
        },
        {
          "alert": "GatewayLatencyBurn1x",
          "expr": "((sark:slo_errors:ratio_rate3d{slo=\"gateway-latency\"} > 0.01) and (sark:slo_errors:ratio_rate6h{slo=\"gateway-latency\"} > 0.01)) and on () (sum(sark:slo_events:rate3d{slo=\"gateway-latency\"}) > 0.02)",
          "for": "3h",
          "labels": {
            "severity": "warning",
            "component": "gateway",
            "team": "platform",
            "burn": "1"
          },
          "annotations": {
            "summary": "The budget of errors of gateway-latency is used up 1 times too fast",
            "description": "{{ $value | humanizePercentage }} of gateway-latency is bad over 3d and 6h: 1 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#gatewaylatencyburn1x"
          }
        }
      ]
    },
    {
      "name": "sark-slo-audit-durability",
      "rules": [
        {
          "alert": "AuditDurabilityBurn14x",
          "expr": "((sark:slo_errors:ratio_rate1h{slo=\"audit-durability\"} > 0.00144) and (sark:slo_errors:ratio_rate5m{slo=\"audit-durability\"} > 0.00144)) and on () (sum(sark:slo_events:rate1h{slo=\"audit-durability\"}) > 0.02)",
          "for": "2m",
          "labels": {
            "severity": "critical",
            "component": "audit",
            "team": "security",
            "burn": "14.4"
          },
          "annotations": {
            "summary": "The budget of errors of audit-durability is used up 14.4 times too fast",
            "description": "{{ $value | humanizePercentage }} of audit-durability is bad over 1h and 5m: 14.4 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#auditdurabilityburn14x"
          }
        },
        {
          "alert": "AuditDurabilityBurn6x",
          "expr": "((sark:slo_errors:ratio_rate6h{slo=\"audit-durability\"} > 0.0006) and (sark:slo_errors:ratio_rate30m{slo=\"audit-durability\"} > 0.0006)) and on () (sum(sark:slo_events:rate6h{slo=\"audit-durability\"}) > 0.02)",
          "for": "15m",
          "labels": {
            "severity": "critical",
            "component": "audit",
            "team": "security",
            "burn": "6"
          },
          "annotations": {
            "summary": "The budget of errors of audit-durability is used up 6 times too fast",
            "description": "{{ $value | humanizePercentage }} of audit-durability is bad over 6h and 30m: 6 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#auditdurabilityburn6x"
          }
        },
        {
          "alert": "AuditDurabilityBurn3x",
          "expr": "((sark:slo_errors:ratio_rate1d{slo=\"audit-durability\"} > 0.0003) and (sark:slo_errors:ratio_rate2h{slo=\"audit-durability\"} > 0.0003)) and on () (sum(sark:slo_events:rate1d{slo=\"audit-durability\"}) > 0.02)",
          "for": "1h",
          "labels": {
            "severity": "warning",
            "component": "audit",
            "team": "security",
            "burn": "3"
          },
          "annotations": {
            "summary": "The budget of errors of audit-durability is used up 3 times too fast",
            "description": "{{ $value | humanizePercentage }} of audit-durability is bad over 1d and 2h: 3 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#auditdurabilityburn3x"
          }
        },
        {
          "alert": "AuditDurabilityBurn1x",
          "expr": "((sark:slo_errors:ratio_rate3d{slo=\"audit-durability\"} > 0.0001) and (sark:slo_errors:ratio_rate6h{slo=\"audit-durability\"} > 0.0001)) and on () (sum(sark:slo_events:rate3d{slo=\"audit-durability\"}) > 0.02)",
          "for": "3h",
          "labels": {
            "severity": "warning",
            "component": "audit",
            "team": "security",
            "burn": "1"
          },
          "annotations": {
            "summary": "The budget of errors of audit-durability is used up 1 times too fast",
            "description": "{{ $value | humanizePercentage }} of audit-durability is bad over 3d and 6h: 1 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#auditdurabilityburn1x"
          }
        }
      ]
    },
    {
      "name": "sark-slo-delivery-lag",
      "rules": [
        {
          "alert": "DeliveryLagBurn14x",
          "expr": "(sark:slo_errors:ratio_rate1h{slo=\"delivery-lag\"} > 0.144) and (sark:slo_errors:ratio_rate5m{slo=\"delivery-lag\"} > 0.144)",
          "for": "2m",
          "labels": {
            "severity": "critical",
            "component": "siem",
            "team": "security",
            "burn": "14.4"
          },
          "annotations": {
            "summary": "The budget of errors of delivery-lag is used up 14.4 times too fast",
            "description": "{{ $value | humanizePercentage }} of delivery-lag is bad over 1h and 5m: 14.4 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#deliverylagburn14x"
          }
        },
        {
          "alert": "DeliveryLagBurn6x",
          "expr": "(sark:slo_errors:ratio_rate6h{slo=\"delivery-lag\"} > 0.06) and (sark:slo_errors:ratio_rate30m{slo=\"delivery-lag\"} > 0.06)",
          "for": "15m",
          "labels": {
            "severity": "critical",
            "component": "siem",
            "team": "security",
            "burn": "6"
          },
          "annotations": {
            "summary": "The budget of errors of delivery-lag is used up 6 times too fast",
            "description": "{{ $value | humanizePercentage }} of delivery-lag is bad over 6h and 30m: 6 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#deliverylagburn6x"
          }
        },
        {
          "alert": "DeliveryLagBurn3x",
          "expr": "(sark:slo_errors:ratio_rate1d{slo=\"delivery-lag\"} > 0.03) and (sark:slo_errors:ratio_rate2h{slo=\"delivery-lag\"} > 0.03)",
          "for": "1h",
          "labels": {
            "severity": "warning",
            "component": "siem",
            "team": "security",
            "burn": "3"
          },
          "annotations": {
            "summary": "The budget of errors of delivery-lag is used up 3 times too fast",
            "description": "{{ $value | humanizePercentage }} of delivery-lag is bad over 1d and 2h: 3 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#deliverylagburn3x"
          }
        },
        {
          "alert": "DeliveryLagBurn1x",
          "expr": "(sark:slo_errors:ratio_rate3d{slo=\"delivery-lag\"} > 0.01) and (sark:slo_errors:ratio_rate6h{slo=\"delivery-lag\"} > 0.01)",
          "for": "3h",
          "labels": {
            "severity": "warning",
            "component": "siem",
            "team": "security",
            "burn": "1"
          },
          "annotations": {
            "summary": "The budget of errors of delivery-lag is used up 1 times too fast",
            "description": "{{ $value | humanizePercentage }} of delivery-lag is bad over 3d and 6h: 1 times what keeps the promise.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#deliverylagburn1x"
          }
        }
      ]
    },
    {
      "name": "sark-monitoring",
      "rules": [
        {
          "alert": "Watchdog",
          "expr": "vector(1) > 0",
          "labels": {
            "severity": "none",
            "component": "monitoring",
            "team": "platform"
          },
          "annotations": {
            "summary": "Alerts arrive",
            "description": "Always firing ({{ $value }}): its receiver raises the alarm when it stops.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#watchdog"
          }
        },
        {
          "alert": "TargetDown",
          "expr": "min by (job, instance) (up{job!~\"sark-metrics\"}) == 0",
          "for": "5m",
          "labels": {
            "severity": "warning",
            "component": "monitoring",
            "team": "platform"
          },
          "annotations": {
            "summary": "A target cannot be scraped",
            "description": "{{ $labels.job }} {{ $labels.instance }} lets itself be scraped: {{ $value }} (0 is no), for 5 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#targetdown"
          }
        },
        {
          "alert": "NotificationsFailing",
          "expr": "sum by (integration) (increase(alertmanager_notifications_failed_total[15m])) > 0",
          "for": "5m",
          "labels": {
            "severity": "critical",
            "component": "monitoring",
            "team": "platform"
          },
          "annotations": {
            "summary": "Alertmanager cannot deliver notifications",
            "description": "{{ $value | humanize }} notifications by {{ $labels.integration }} failed in 15 minutes.",
            "runbook_url": "docs/monitoring/gateway/ALERT_RUNBOOKS.md#notificationsfailing"
          }
        }
      ]
    }
  ]
},
  prometheusRules+:: {
  "groups": [
    {
      "name": "sark-slo-gateway-availability",
      "rules": [
        {
          "record": "sark:slo_errors:ratio_rate1h",
          "expr": "((sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", status=~\"500|503\"}[1h])) or vector(0)) + (sum(rate(sark_policy_evaluations_total{code=~\"policy_timeout|policy_unavailable|policy_error\"}[1h])) or vector(0)) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[1h])) or vector(0))) / sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[1h]))",
          "labels": {
            "slo": "gateway-availability"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate5m",
          "expr": "((sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", status=~\"500|503\"}[5m])) or vector(0)) + (sum(rate(sark_policy_evaluations_total{code=~\"policy_timeout|policy_unavailable|policy_error\"}[5m])) or vector(0)) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[5m])) or vector(0))) / sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[5m]))",
          "labels": {
            "slo": "gateway-availability"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate6h",
          "expr": "((sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", status=~\"500|503\"}[6h])) or vector(0)) + (sum(rate(sark_policy_evaluations_total{code=~\"policy_timeout|policy_unavailable|policy_error\"}[6h])) or vector(0)) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[6h])) or vector(0))) / sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[6h]))",
          "labels": {
            "slo": "gateway-availability"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate30m",
          "expr": "((sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", status=~\"500|503\"}[30m])) or vector(0)) + (sum(rate(sark_policy_evaluations_total{code=~\"policy_timeout|policy_unavailable|policy_error\"}[30m])) or vector(0)) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[30m])) or vector(0))) / sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[30m]))",
          "labels": {
            "slo": "gateway-availability"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate1d",
          "expr": "((sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", status=~\"500|503\"}[1d])) or vector(0)) + (sum(rate(sark_policy_evaluations_total{code=~\"policy_timeout|policy_unavailable|policy_error\"}[1d])) or vector(0)) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[1d])) or vector(0))) / sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[1d]))",
          "labels": {
            "slo": "gateway-availability"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate2h",
          "expr": "((sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", status=~\"500|503\"}[2h])) or vector(0)) + (sum(rate(sark_policy_evaluations_total{code=~\"policy_timeout|policy_unavailable|policy_error\"}[2h])) or vector(0)) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[2h])) or vector(0))) / sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[2h]))",
          "labels": {
            "slo": "gateway-availability"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate3d",
          "expr": "((sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", status=~\"500|503\"}[3d])) or vector(0)) + (sum(rate(sark_policy_evaluations_total{code=~\"policy_timeout|policy_unavailable|policy_error\"}[3d])) or vector(0)) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[3d])) or vector(0))) / sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[3d]))",
          "labels": {
            "slo": "gateway-availability"
          }
        },
        {
          "record": "sark:slo_events:rate1h",
          "expr": "sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[1h]))",
          "labels": {
            "slo": "gateway-availability"
          }
        },
        {
          "record": "sark:slo_events:rate6h",
          "expr": "sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[6h]))",
          "labels": {
            "slo": "gateway-availability"
          }
        },
        {
          "record": "sark:slo_events:rate1d",
          "expr": "sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[1d]))",
          "labels": {
            "slo": "gateway-availability"
          }
        },
        {
          "record": "sark:slo_events:rate3d",
          "expr": "sum(rate(sark_gateway_requests_total{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[3d]))",
          "labels": {
            "slo": "gateway-availability"
          }
        }
      ]
    },
    {
      "name": "sark-slo-gateway-latency",
      "rules": [
        {
          "record": "sark:slo_errors:ratio_rate1h",
          "expr": "(sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[1h])) - sum(rate(sark_gateway_request_duration_seconds_bucket{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", le=\"1\"}[1h]))) / sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[1h]))",
          "labels": {
            "slo": "gateway-latency"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate5m",
          "expr": "(sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[5m])) - sum(rate(sark_gateway_request_duration_seconds_bucket{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", le=\"1\"}[5m]))) / sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[5m]))",
          "labels": {
            "slo": "gateway-latency"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate6h",
          "expr": "(sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[6h])) - sum(rate(sark_gateway_request_duration_seconds_bucket{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", le=\"1\"}[6h]))) / sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[6h]))",
          "labels": {
            "slo": "gateway-latency"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate30m",
          "expr": "(sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[30m])) - sum(rate(sark_gateway_request_duration_seconds_bucket{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", le=\"1\"}[30m]))) / sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[30m]))",
          "labels": {
            "slo": "gateway-latency"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate1d",
          "expr": "(sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[1d])) - sum(rate(sark_gateway_request_duration_seconds_bucket{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", le=\"1\"}[1d]))) / sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[1d]))",
          "labels": {
            "slo": "gateway-latency"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate2h",
          "expr": "(sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[2h])) - sum(rate(sark_gateway_request_duration_seconds_bucket{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", le=\"1\"}[2h]))) / sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[2h]))",
          "labels": {
            "slo": "gateway-latency"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate3d",
          "expr": "(sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[3d])) - sum(rate(sark_gateway_request_duration_seconds_bucket{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\", le=\"1\"}[3d]))) / sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[3d]))",
          "labels": {
            "slo": "gateway-latency"
          }
        },
        {
          "record": "sark:slo_events:rate1h",
          "expr": "sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[1h]))",
          "labels": {
            "slo": "gateway-latency"
          }
        },
        {
          "record": "sark:slo_events:rate6h",
          "expr": "sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[6h]))",
          "labels": {
            "slo": "gateway-latency"
          }
        },
        {
          "record": "sark:slo_events:rate1d",
          "expr": "sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[1d]))",
          "labels": {
            "slo": "gateway-latency"
          }
        },
        {
          "record": "sark:slo_events:rate3d",
          "expr": "sum(rate(sark_gateway_request_duration_seconds_count{operation!~\"metrics|health|livez|readyz|health/ready|health/detailed\"}[3d]))",
          "labels": {
            "slo": "gateway-latency"
          }
        }
      ]
    },
    {
      "name": "sark-slo-audit-durability",
      "rules": [
        {
          "record": "sark:slo_errors:ratio_rate1h",
          "expr": "((sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[1h])) or vector(0)) + (sum(rate(sark_audit_unrecorded_calls_total{job=\"sark-gateway\"}[1h])) or vector(0))) / (sum(rate(sark_audit_events_written_total{job=\"sark-gateway\"}[1h])) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[1h])) or vector(0)))",
          "labels": {
            "slo": "audit-durability"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate5m",
          "expr": "((sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[5m])) or vector(0)) + (sum(rate(sark_audit_unrecorded_calls_total{job=\"sark-gateway\"}[5m])) or vector(0))) / (sum(rate(sark_audit_events_written_total{job=\"sark-gateway\"}[5m])) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[5m])) or vector(0)))",
          "labels": {
            "slo": "audit-durability"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate6h",
          "expr": "((sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[6h])) or vector(0)) + (sum(rate(sark_audit_unrecorded_calls_total{job=\"sark-gateway\"}[6h])) or vector(0))) / (sum(rate(sark_audit_events_written_total{job=\"sark-gateway\"}[6h])) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[6h])) or vector(0)))",
          "labels": {
            "slo": "audit-durability"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate30m",
          "expr": "((sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[30m])) or vector(0)) + (sum(rate(sark_audit_unrecorded_calls_total{job=\"sark-gateway\"}[30m])) or vector(0))) / (sum(rate(sark_audit_events_written_total{job=\"sark-gateway\"}[30m])) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[30m])) or vector(0)))",
          "labels": {
            "slo": "audit-durability"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate1d",
          "expr": "((sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[1d])) or vector(0)) + (sum(rate(sark_audit_unrecorded_calls_total{job=\"sark-gateway\"}[1d])) or vector(0))) / (sum(rate(sark_audit_events_written_total{job=\"sark-gateway\"}[1d])) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[1d])) or vector(0)))",
          "labels": {
            "slo": "audit-durability"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate2h",
          "expr": "((sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[2h])) or vector(0)) + (sum(rate(sark_audit_unrecorded_calls_total{job=\"sark-gateway\"}[2h])) or vector(0))) / (sum(rate(sark_audit_events_written_total{job=\"sark-gateway\"}[2h])) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[2h])) or vector(0)))",
          "labels": {
            "slo": "audit-durability"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate3d",
          "expr": "((sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[3d])) or vector(0)) + (sum(rate(sark_audit_unrecorded_calls_total{job=\"sark-gateway\"}[3d])) or vector(0))) / (sum(rate(sark_audit_events_written_total{job=\"sark-gateway\"}[3d])) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[3d])) or vector(0)))",
          "labels": {
            "slo": "audit-durability"
          }
        },
        {
          "record": "sark:slo_events:rate1h",
          "expr": "(sum(rate(sark_audit_events_written_total{job=\"sark-gateway\"}[1h])) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[1h])) or vector(0)))",
          "labels": {
            "slo": "audit-durability"
          }
        },
        {
          "record": "sark:slo_events:rate6h",
          "expr": "(sum(rate(sark_audit_events_written_total{job=\"sark-gateway\"}[6h])) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[6h])) or vector(0)))",
          "labels": {
            "slo": "audit-durability"
          }
        },
        {
          "record": "sark:slo_events:rate1d",
          "expr": "(sum(rate(sark_audit_events_written_total{job=\"sark-gateway\"}[1d])) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[1d])) or vector(0)))",
          "labels": {
            "slo": "audit-durability"
          }
        },
        {
          "record": "sark:slo_events:rate3d",
          "expr": "(sum(rate(sark_audit_events_written_total{job=\"sark-gateway\"}[3d])) + (sum(rate(sark_audit_failed_writes_total{job=\"sark-gateway\", code=~\"overloaded|store_unavailable|store_timeout|spool_failed|closed\"}[3d])) or vector(0)))",
          "labels": {
            "slo": "audit-durability"
          }
        }
      ]
    },
    {
      "name": "sark-slo-delivery-lag",
      "rules": [
        {
          "record": "sark:slo_delivery_lagging:bool",
          "expr": "max by (platform, destination) (sark_siem_backlog_seconds{job=\"sark-gateway\"}) > bool 60"
        },
        {
          "record": "sark:slo_errors:ratio_rate1h",
          "expr": "max(avg_over_time(sark:slo_delivery_lagging:bool[1h]))",
          "labels": {
            "slo": "delivery-lag"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate5m",
          "expr": "max(avg_over_time(sark:slo_delivery_lagging:bool[5m]))",
          "labels": {
            "slo": "delivery-lag"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate6h",
          "expr": "max(avg_over_time(sark:slo_delivery_lagging:bool[6h]))",
          "labels": {
            "slo": "delivery-lag"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate30m",
          "expr": "max(avg_over_time(sark:slo_delivery_lagging:bool[30m]))",
          "labels": {
            "slo": "delivery-lag"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate1d",
          "expr": "max(avg_over_time(sark:slo_delivery_lagging:bool[1d]))",
          "labels": {
            "slo": "delivery-lag"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate2h",
          "expr": "max(avg_over_time(sark:slo_delivery_lagging:bool[2h]))",
          "labels": {
            "slo": "delivery-lag"
          }
        },
        {
          "record": "sark:slo_errors:ratio_rate3d",
          "expr": "max(avg_over_time(sark:slo_delivery_lagging:bool[3d]))",
          "labels": {
            "slo": "delivery-lag"
          }
        }
      ]
    }
  ]
},
}
