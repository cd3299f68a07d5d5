"""The job of the bundle in deploy/databricks, with Airflow 2.8 or newer, or 3.

README.md says what to edit, and how it ends. Airflow tries nothing again: the job's tasks are those to repair.
"""

from datetime import datetime

from airflow.providers.databricks.operators.databricks import DatabricksRunNowOperator

try:
    from airflow.sdk import DAG  # Airflow 3
except ImportError:
    from airflow import DAG

with DAG(
    dag_id="spark_mae_databricks",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    catchup=False,
):
    DatabricksRunNowOperator(
        task_id="spark_mae",
        databricks_conn_id="databricks_default",
        job_name="spark-mae",
        idempotency_token="{{ run_id }}",
        polling_period_seconds=60,
        wait_for_termination=True,
        retries=0,
    )
