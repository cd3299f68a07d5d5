"""Pre-trains, judges and exports an encoder: prepare >> pretrain >> (probe, export), with Airflow 2.8 or newer, or 3.

README.md says what to edit, and how it ends. COMMANDS and CONF are JSON but for the last commas: a test of this project reads them.
"""

import json

from datetime import datetime, timedelta

from airflow.exceptions import AirflowException, AirflowFailException
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

try:
    from airflow.sdk import DAG, ObjectStoragePath  # Airflow 3
except ImportError:
    from airflow import DAG
    from airflow.io.path import ObjectStoragePath

JAR = "/opt/spark-mae.jar"
SPARK_SUBMIT = "spark3-submit"  # on the PATH, a link to spark-submit of Spark 3.5; the provider allows no path
TRY_AGAIN = 75  # the only exit code after which another try may help

# {{ run_id }} is the same for all tries of a run, also of one that was started by hand; colons and plus signs are no names for files.
RUN = "{{ run_id | replace(':', '') | replace('+', '') }}"

COMMANDS = {
    "prepare_train": [
        "prepare",
        "--input", "s3a://BUCKET/photos/train",
        "--output", "s3a://BUCKET/prepared/train",
        "--short-side", "320",
    ],
    "prepare_test": [
        "prepare",
        "--input", "s3a://BUCKET/photos/test",
        "--output", "s3a://BUCKET/prepared/test",
        "--short-side", "320",
    ],
    "pretrain": [
        "pretrain",
        "--data", "s3a://BUCKET/prepared/train",
        "--output", "s3a://BUCKET/model/RUN",
        "--model", "mae_vit_base_patch16",
        "--epochs", "100",
        "--workers", "4",
        "--batch-size", "64",
        "--averaging-frequency", "8",
        "--norm-pix-loss",
        "--resume", "auto",
    ],
    "probe": [
        "probe",
        "--model", "s3a://BUCKET/model/RUN",
        "--train", "s3a://BUCKET/prepared/train",
        "--test", "s3a://BUCKET/prepared/test",
        "--method", "linear",
    ],
    "export": [
        "export",
        "--model", "s3a://BUCKET/model/RUN",
        "--output", "s3a://BUCKET/encoder/RUN",
        "--layout", "huggingface",
    ],
}

CONF = {
    "spark.driver.memory": "16g",
    "spark.driver.memoryOverhead": "8g",
    "spark.driver.extraJavaOptions": "-Dorg.bytedeco.javacpp.maxbytes=7g -Dorg.bytedeco.javacpp.maxphysicalbytes=23g",
    "spark.driver.maxResultSize": "0",
    "spark.executor.instances": "4",
    "spark.executor.cores": "8",
    "spark.task.cpus": "8",
    "spark.executor.memory": "8g",
    "spark.executor.memoryOverhead": "18g",
    "spark.executor.extraJavaOptions": "-Dorg.bytedeco.javacpp.maxbytes=16g -Dorg.bytedeco.javacpp.maxphysicalbytes=24g",
    "spark.executorEnv.OMP_NUM_THREADS": "8",
    "spark.executorEnv.GOMP_SPINCOUNT": "1000",
    "spark.executorEnv.OMP_WAIT_POLICY": "active",
    "spark.yarn.appMasterEnv.LC_ALL": "C.UTF-8",
    "spark.kubernetes.driverEnv.LC_ALL": "C.UTF-8",
    "spark.yarn.maxAppAttempts": "1",
    "spark.dynamicAllocation.enabled": "false",
    "spark.speculation": "false",
    "spark.locality.wait": "0",
}


class MaeOperator(SparkSubmitOperator):
    """Submits a command; returns its result line, and gives up where another try would fail again."""

    def execute(self, context):
        uri = self.application_args[self.application_args.index("--result") + 1]
        result = ObjectStoragePath(uri.replace("s3a://", "s3://"))
        try:
            super().execute(context)
        except AirflowException:
            outcome = json.loads(result.read_text()) if result.exists() else {}
            if outcome.get("exit_code", TRY_AGAIN) != TRY_AGAIN:
                raise AirflowFailException(outcome["error"])
            raise
        return json.loads(result.read_text())


with DAG(
    dag_id="spark_mae",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
):
    task = {
        name: MaeOperator(
            task_id=name,
            application=JAR,
            spark_binary=SPARK_SUBMIT,
            java_class="io.sparkmae.job.Mae",
            application_args=[word.replace("RUN", RUN) for word in arguments]
            + ["--result", f"s3a://BUCKET/results/{RUN}/{name}.json"],
            conf=CONF,
        )
        for name, arguments in COMMANDS.items()
    }
    task["prepare_train"] >> task["pretrain"] >> [task["probe"], task["export"]]
    task["prepare_test"] >> task["probe"]
