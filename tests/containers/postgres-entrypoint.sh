#!/bin/sh
# What the composition uses of the entrypoint of PostgreSQL's image: a cluster, a database and the files of SQL, once.
set -eu
bin=/usr/local/pgsql/bin
data=/var/lib/postgresql/18/docker
if [ ! -s "$data/PG_VERSION" ]; then
  # Arguments are words of one variable, as in the real one.
  # shellcheck disable=SC2086
  "$bin/initdb" -D "$data" -U "$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --locale=C --encoding=UTF8 $POSTGRES_INITDB_ARGS
  echo "CREATE DATABASE $POSTGRES_DB;" | "$bin/postgres" --single -D "$data" postgres
  for file in /docker-entrypoint-initdb.d/*.sql; do
    grep -v '^--' "$file" | "$bin/postgres" --single -D "$data" postgres
  done
  echo "host all all all scram-sha-256" >> "$data/pg_hba.conf"
fi
exec "$bin/postgres" -D "$data" -c "listen_addresses=*" -c unix_socket_directories=/tmp
