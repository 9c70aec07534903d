#!/bin/sh
# Brings both of Temporal's databases to the schema of this release. `create` and `setup-schema` refuse what is there
# already; only `update-schema`, which knows the present version, decides whether this worked.
set -eu
schema="${SCHEMA_DIR:-/etc/temporal/schema}/postgresql/v12"

sql() {
  temporal-sql-tool --plugin "$SQL_PLUGIN" --endpoint "$SQL_HOST" --port "$SQL_PORT" --user "$SQL_USER" "$@"
}

for name in temporal visibility; do
  if [ "$name" = temporal ]; then database=temporal; else database=temporal_visibility; fi
  sql --database "$database" create || echo "$database: exists already"
  if ! sql --database "$database" update-schema --schema-dir "$schema/$name/versioned"; then
    sql --database "$database" setup-schema --version 0.0
    sql --database "$database" update-schema --schema-dir "$schema/$name/versioned"
  fi
done
