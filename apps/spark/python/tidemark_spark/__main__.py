"""`python -m tidemark_spark JOB`: runs a job.json here, or wherever spark-submit runs it."""

import argparse
import json
import os
import signal
import sys
import threading
from types import FrameType

import psycopg
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from .driver import Event, LostRecordsError, TidemarkJob
from .job import LEDGER, load_job
from .run import FailedError, reason_of, run
from .session import FencedError, InconsistentStateError, RefusedError

KAFKA_PACKAGE = "org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0"
NEEDS_A_PERSON = (FencedError, LostRecordsError, RefusedError, InconsistentStateError)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tidemark_spark", description=__doc__)
    parser.add_argument("job", help="what nx run spark:build has written")
    parser.add_argument("--until-caught-up", action="store_true")
    parser.add_argument("--accept-loss", action="store_true")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--events", action="store_true", help="print lines of JSON")
    parser.add_argument("--max-offsets", type=int, help="at most so many records in a batch")
    parser.add_argument("--master", help="default: spark-submit's, else local[2,4]")
    parser.add_argument("--jars", help="those of Spark's Kafka source; default: by --packages")
    parser.add_argument("--conf", action="append", default=[], help="Spark's NAME=VALUE")
    return parser.parse_args(arguments)


def open_session(args: argparse.Namespace) -> SparkSession:
    builder = SparkSession.builder.appName("tidemark")
    if "SPARK_ENV_LOADED" not in os.environ:
        # Not under spark-submit, which has a master and settings of its own.
        os.environ["PYSPARK_PYTHON"] = sys.executable
        package = ("spark.jars.packages", KAFKA_PACKAGE)
        builder = (
            # Four attempts of each task: local[2] would give one.
            builder.master(args.master or "local[2,4]")
            .config(*(package if args.jars is None else ("spark.jars", args.jars)))
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
        )
    builder = builder.config("spark.sql.session.timeZone", "UTC")
    for setting in args.conf:
        builder = builder.config(*setting.split("=", 1))
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def print_event(event: Event) -> None:
    if event["type"] != "committed":
        print(f"spark     {json.dumps(event)}", flush=True)
        return
    counts = [f"{name} {event['ledger'][name]}" for name in LEDGER if event["ledger"][name] > 0]
    place = f"partition {event['partition']} up to {event['nextOffset']}"
    print(f"spark     {place}: {' + '.join(counts) or 'nothing'}", flush=True)


def print_json(event: Event) -> None:
    print(json.dumps(event), flush=True)


def main() -> int:
    args = parse()
    on_event = print_json if args.events else print_event
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    job = load_job(args.job)
    kafka = {"kafka.bootstrap.servers": os.environ["KAFKA_BROKERS"]}
    kafka.update(json.loads(os.environ.get("KAFKA_OPTIONS", "{}")))
    if args.max_offsets is not None:
        kafka["maxOffsetsPerTrigger"] = str(args.max_offsets)
    try:
        spark = open_session(args)
        tidemark = TidemarkJob(
            spark,
            job,
            os.environ["DATABASE_URL"],
            kafka,
            os.environ.get("KAFKA_TOPIC", job["definition"]["name"]),
            os.environ.get("KAFKA_GROUP"),
            on_event,
            args.accept_loss,
            args.show,
        )
        run(tidemark, {"availableNow": True} if args.until_caught_up else None, stop)
    except NEEDS_A_PERSON as error:
        on_event({"type": "failed", "code": type(error).__name__, "reason": str(error)})
        return 2
    except FailedError as error:
        on_event({"type": "failed", "code": "FailedError", "reason": str(error)})
        return 1
    except (PySparkException, Py4JError, psycopg.Error) as error:
        on_event({"type": "failed", "code": type(error).__name__, "reason": reason_of(error)})
        return 1
    if stop.is_set() and args.until_caught_up:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
