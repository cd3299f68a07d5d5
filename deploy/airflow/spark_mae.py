"""Pre-trains, judges and exports an encoder: prepare >> pretrain >> (probe, export).

Needs apache-airflow-providers-apache-spark, a Spark connection named spark_default and the job jar at JAR. Copy this file to the DAG folder:

    airflow dags trigger spark_mae

Expected: five green tasks; probe's log ends with top1 and top5, and s3a://BUCKET/encoder holds model.safetensors. COMMANDS and CONF
are JSON but for the last commas: a test of this project reads them.
"""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator

JAR = "/opt/spark-mae.jar"

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
        "--output", "s3a://BUCKET/model/{{ ds }}",
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
        "--model", "s3a://BUCKET/model/{{ ds }}",
        "--train", "s3a://BUCKET/prepared/train",
        "--test", "s3a://BUCKET/prepared/test",
        "--method", "knn",
    ],
    "export": [
        "export",
        "--model", "s3a://BUCKET/model/{{ ds }}",
        "--output", "s3a://BUCKET/encoder/{{ ds }}",
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
    "spark.executorEnv.GOMP_SPINCOUNT": "10000",
    "spark.yarn.appMasterEnv.LC_ALL": "C.UTF-8",
    "spark.kubernetes.driverEnv.LC_ALL": "C.UTF-8",
    "spark.dynamicAllocation.enabled": "false",
    "spark.speculation": "false",
    "spark.locality.wait": "0",
}

with DAG(
    dag_id="spark_mae",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
):
    task = {
        name: SparkSubmitOperator(
            task_id=name,
            application=JAR,
            java_class="io.sparkmae.job.Mae",
            application_args=arguments,
            conf=CONF,
        )
        for name, arguments in COMMANDS.items()
    }
    task["prepare_train"] >> task["pretrain"] >> [task["probe"], task["export"]]
    task["prepare_test"] >> task["probe"]
