"""Runs a task of a DAG file where a submission fails, or not: python3 tries.py FILE CODE. Prints what Airflow is told.

CODE is the exit code of the job's result file, or "none" if there is no file. Airflow itself is not here: what the file uses of it stands in.
"""

import json
import pathlib
import shutil
import sys
import tempfile

from types import ModuleType
from unittest.mock import MagicMock

file, code = sys.argv[1:]
results = {}


class AirflowException(Exception):
    pass


class AirflowFailException(AirflowException):
    pass


class Operator(MagicMock):
    def __init__(self, **words):
        super().__init__()
        self.__dict__.update(words)

    def execute(self, context):
        uri = words_of(self)[words_of(self).index("--result") + 1].replace("s3a:", "s3:")
        if code != "none":
            results[uri] = json.dumps({"exit_code": int(code), "error": "why"})
        if code != "0":
            raise AirflowException("the submission failed")


def words_of(task):
    return task.__dict__.get("application_args") or task.steps[0]["HadoopJarStep"]["Args"]


class Storage:
    def __init__(self, uri):
        self.uri = uri

    def exists(self):
        return self.uri in results

    def read_text(self):
        return results[self.uri]

    def unlink(self):
        del results[self.uri]


def module(name, **members):
    sys.modules[name] = ModuleType(name)
    sys.modules[name].__dict__.update(members)


for package in ["airflow", "airflow.providers"]:
    module(package)
for package in ["apache", "apache.spark", "apache.spark.operators", "amazon", "amazon.aws", "amazon.aws.operators"]:
    module("airflow.providers." + package)
module("airflow.exceptions", AirflowException=AirflowException, AirflowFailException=AirflowFailException)
module("airflow.providers.apache.spark.operators.spark_submit", SparkSubmitOperator=Operator)
module("airflow.providers.amazon.aws.operators.emr", EmrAddStepsOperator=Operator)
module("airflow.sdk", DAG=MagicMock(), ObjectStoragePath=Storage)

with tempfile.TemporaryDirectory() as folder:
    dag = shutil.copy(file, folder)
    shutil.copy("emr/steps.json", folder)
    names = {"__file__": str(dag), "__name__": "dag"}
    exec(compile(pathlib.Path(dag).read_text(encoding="utf-8"), dag, "exec"), names)
task = names["task"]["pretrain"] if isinstance(names["task"], dict) else names["task"]
try:
    print(json.dumps({"result": task.execute({})}))
except Exception as failure:
    print(json.dumps({"raised": type(failure).__name__, "because": str(failure)}))
