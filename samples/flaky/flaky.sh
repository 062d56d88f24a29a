#!/bin/sh
# Usage: flaky.sh LUCKY-ATTEMPT. Which attempt this is comes from the runner, so it ends the same way every time.
set -eu
echo "Attempt $RUNNER_ATTEMPT of run $RUNNER_RUN_ID"
if [ "$RUNNER_ATTEMPT" -lt "$1" ]; then
  echo "The service is away; attempt $1 would find it." >&2
  exit 1
fi
echo "Done."
