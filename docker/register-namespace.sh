#!/bin/sh
# Registers what a run needs on the server. Safe to repeat. TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE are read by the CLI.
set -eu

until temporal operator cluster health; do
  echo "waiting for $TEMPORAL_ADDRESS"
  sleep 2
done

if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
else
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
fi

# A new namespace reaches every part of the server within some seconds.
for attribute in RunbookEnvironment RunbookDatabase RunbookPhase RunbookPlanHash RunbookOutcome; do
  until temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$attribute" --type Keyword; do
    sleep 2
  done
done
