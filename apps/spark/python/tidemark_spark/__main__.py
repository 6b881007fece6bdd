"""`python -m tidemark_spark JOB [--until-caught-up]`: runs a job.json here, on local[2]."""

import argparse
import os
import sys

from pyspark.sql import SparkSession

from .driver import TidemarkJob
from .job import load_job

KAFKA_PACKAGE = "org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0"


def main() -> int:
    parser = argparse.ArgumentParser(prog="tidemark_spark", description=__doc__)
    parser.add_argument("job", help="what nx run spark:build has written")
    parser.add_argument("--until-caught-up", action="store_true")
    parser.add_argument("--max-offsets", type=int, help="at most so many records in a batch")
    # Four attempts of each task: local[2] would give one.
    parser.add_argument("--master", default="local[2,4]")
    parser.add_argument("--jars", help="those of Spark's Kafka source; default: by --packages")
    args = parser.parse_args()
    job = load_job(args.job)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    packages = ("spark.jars.packages", KAFKA_PACKAGE)
    kafka_source = packages if args.jars is None else ("spark.jars", args.jars)
    spark = (
        SparkSession.builder.master(args.master)
        .appName("tidemark")
        .config(*kafka_source)
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    kafka = {"kafka.bootstrap.servers": os.environ["KAFKA_BROKERS"]}
    if args.max_offsets is not None:
        kafka["maxOffsetsPerTrigger"] = str(args.max_offsets)
    topic = os.environ.get("KAFKA_TOPIC", job["definition"]["name"])
    group = os.environ.get("KAFKA_GROUP")

    def show(batch: int, ledger: dict[str, int]) -> None:
        counts = " + ".join(f"{name} {count}" for name, count in ledger.items() if count > 0)
        print(f"spark     batch {batch}: {counts or 'nothing'}", flush=True)

    database = os.environ["DATABASE_URL"]
    tidemark = TidemarkJob(spark, job, database, kafka, topic, group, show)
    query = tidemark.start({"availableNow": True} if args.until_caught_up else None)
    query.awaitTermination()
    return 0


if __name__ == "__main__":
    sys.exit(main())
