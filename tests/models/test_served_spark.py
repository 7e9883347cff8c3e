"""``mlflow.pyfunc.spark_udf`` on a registered version; runs where pyspark and a Java runtime are installed."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys

import pytest

from models.registry import log_version
from models.tracking import connect, experiment_id

pytestmark = [
    pytest.mark.long,  # starting Spark takes half a minute
    pytest.mark.skipif(
        importlib.util.find_spec("pyspark") is None or shutil.which("java") is None,
        reason="pyspark or a Java runtime is not installed",
    ),
]

# Spark and its warnings stay in a process of their own.
SCRIPT = """
import json, sys
import mlflow.pyfunc, numpy as np, pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql.functions import struct

uri, rows = sys.argv[1], pd.read_parquet(sys.argv[2])
spark = (
    SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate()
)
model = mlflow.pyfunc.load_model(uri)
schema = model.metadata.get_input_schema()
names = schema.input_names()
kinds = ["string" if kind.name == "string" else "double" for kind in schema.input_types()]
table = rows[names].astype(object)
frame = spark.createDataFrame(
    table.where(rows[names].notna(), None), schema=", ".join(map(" ".join, zip(names, kinds)))
)
udf = mlflow.pyfunc.spark_udf(spark, uri, env_manager="local")
found = frame.withColumn("answer", udf(struct(*names))).select("answer.*").toPandas()
expected = model.predict(rows[names])
gap = float(np.abs(found.to_numpy(float) - expected.to_numpy(float)).max())
print(json.dumps({"columns": list(found.columns) == list(expected.columns), "rows": len(found), "gap": gap}))
"""


def test_spark_answers_what_pandas_answers(tmp_path, model, applicants, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    with connect() as mlflow, mlflow.start_run(experiment_id=experiment_id(mlflow, "served")):
        log_version(mlflow, model, tags={}, champion=False)
    applicants.X.iloc[:50].to_parquet(tmp_path / "rows.parquet")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, "models:/green-credit/1", tmp_path / "rows.parquet"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"columns": True, "rows": 50, "gap": 0.0}
