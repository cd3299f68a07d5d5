#!/usr/bin/env bash
# Runs prepare, pretrain and export one after the other: run.sh BUCKET APPLICATION_ID EXECUTION_ROLE_ARN
# A job whose result says 75, "worth retrying", is started twice more; any other failure ends here, with its sentence.
set -euo pipefail
(($# == 3)) || {
  echo "Usage: run.sh BUCKET APPLICATION_ID EXECUTION_ROLE_ARN" >&2
  exit 2
}
bucket=$1 application=$2 role=$3
here=$(cd "$(dirname "$0")" && pwd)

# Starts a job and waits for its end; returns whether it succeeded.
run() {
  local id state
  id=$(aws emr-serverless start-job-run --application-id "$application" --execution-role-arn "$role" \
    --cli-input-json "$(sed "s/BUCKET/$bucket/g" "$here/$1.json")" --query jobRunId --output text)
  echo "$1: job run $id" >&2
  while state=$(aws emr-serverless get-job-run --application-id "$application" --job-run-id "$id" \
    --query jobRun.state --output text); do
    case $state in
      SUCCESS) return 0 ;;
      FAILED | CANCELLED) return 1 ;;
    esac
    sleep "${POLL_SECONDS:-30}"
  done
  return 1
}

# Prints the result line of a job; a job that never started has none.
result() {
  aws s3 cp "s3://$bucket/results/$1.json" - 2>/dev/null || echo '{"exit_code":1,"error":"no result: see the job run"}'
}

for job in prepare pretrain export; do
  for attempt in 1 2 3; do
    if run "$job"; then
      result "$job"
      continue 2
    fi
    line=$(result "$job")
    [[ $line == *'"exit_code":75,'* && $attempt -lt 3 ]] || break
  done
  echo "$job: $line" >&2
  exit 1
done
