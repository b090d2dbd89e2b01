#!/bin/sh
# Gives Prometheus a key of the role `metrics` at each service, once. Readable by the group of Prometheus alone.
set -eu
umask 027
new() {
  cat > "/keys/$1.new"
  chgrp 65534 "/keys/$1.new"
  mv "/keys/$1.new" "/keys/$1"
}
if [ ! -s /keys/sark-gateway-key ]; then
  /app/run-tool.sh gateway-admin api-keys issue --file /gateway/api-keys.json \
    --id "prometheus-$(date +%s)" --principal prometheus --role metrics | new sark-gateway-key
fi
# A key of the platform is the only one that the metrics service lets read its metrics.
if [ ! -s /keys/sark-metrics-key ]; then
  new sark-metrics-key < /metrics-service/platform.key
fi
