#!/bin/sh
# Writes the passwords of .env to files that their readers alone mount, and gives new volumes to who writes to them.
set -eu
write() {
  case "$2" in
    *[!A-Za-z0-9._~-]*) echo "The password of $1 has characters that an address of a database cannot: use openssl rand -hex 24" >&2; exit 1 ;;
  esac
  [ "${#2}" -ge 16 ] || { echo "The password of $1 is shorter than 16 characters" >&2; exit 1; }
  printf %s "$2" > "/secrets/$1/password"
  chmod 0444 "/secrets/$1/password"
}
write postgres "$POSTGRES_PASSWORD"
write redis "$REDIS_PASSWORD"
write grafana "$GRAFANA_ADMIN_PASSWORD"
# The tools write the keys (1000), Prometheus reads them (group 65534).
chown 1000:65534 /keys
chmod 0750 /keys
chown 1000:1000 /alloy
