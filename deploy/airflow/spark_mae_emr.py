"""The steps of deploy/emr/steps.json on an EMR cluster that is there, one task each, with Airflow 2.8 or newer, or 3.

README.md says what to edit, and how it ends. steps.json lies beside this file.
"""

import json

from datetime import datetime, timedelta
from pathlib import Path

from airflow.exceptions import AirflowException, AirflowFailException
from airflow.providers.amazon.aws.operators.emr import EmrAddStepsOperator

try:
    from airflow.sdk import DAG, ObjectStoragePath  # Airflow 3
except ImportError:
    from airflow import DAG
    from airflow.io.path import ObjectStoragePath

CLUSTER = "{{ var.value.spark_mae_cluster }}"  # its id, j-…
STEPS = json.loads(Path(__file__).with_name("steps.json").read_text())
TRY_AGAIN = 75  # the only exit code after which another try may help


class MaeStepOperator(EmrAddStepsOperator):
    """Adds a step and waits for it; returns its result line, and gives up where another try would fail again."""

    def execute(self, context):
        arguments = self.steps[0]["HadoopJarStep"]["Args"]
        result = ObjectStoragePath(arguments[arguments.index("--result") + 1])
        if result.exists():  # an earlier try's
            result.unlink()
        try:
            super().execute(context)
        except Exception as failure:  # the waiter's, or the service's
            outcome = json.loads(result.read_text()) if result.exists() else {}
            if outcome.get("exit_code", TRY_AGAIN) != TRY_AGAIN:
                raise AirflowFailException(outcome["error"]) from failure
            raise AirflowException(str(failure)) from failure
        return json.loads(result.read_text())


with DAG(
    dag_id="spark_mae_emr",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
):
    before = None
    for step in STEPS:
        task = MaeStepOperator(
            task_id=step["Name"],
            job_flow_id=CLUSTER,
            steps=[
                {
                    "Name": step["Name"],
                    "ActionOnFailure": "CONTINUE",
                    "HadoopJarStep": {"Jar": step["Jar"], "Args": step["Args"]},
                }
            ],
            wait_for_completion=True,
            waiter_delay=60,
            waiter_max_attempts=7 * 24 * 60,
        )
        if before:
            before >> task
        before = task
