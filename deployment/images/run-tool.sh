#!/bin/sh
# The first argument is the tool: gateway-admin, query-metrics, health-check, analyze-logs, audit.
set -eu
here=$(dirname "$0")
tool=${1:-}
if [ -z "$tool" ] || [ ! -f "$here/bundle/$tool.cjs" ] || [ "$tool" = tools ]; then
  echo "Usage: gateway-admin|query-metrics|health-check|analyze-logs|audit ..." >&2
  exit 2
fi
shift
exec node "$here/bundle/$tool.cjs" "$@"
