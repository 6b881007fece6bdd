"""The driver: claims all partitions, reads from where the tables stand, and runs the batches."""

import json
import os
import socket
import tempfile
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from .job import LEDGER, Json
from .protocol import Connection, Identity, claim, connect
from .task import RESULT, Batch, PartitionTask

REFUSED_OPTIONS = ("minPartitions", "maxRecordsPerPartition")


class LostRecordsError(Exception):
    """Records were deleted from Kafka before they were read."""


class TidemarkJob:
    """A pipeline on Spark, on the same tables as its consumer.

    `kafka_options` are those of Spark's Kafka source, `kafka.bootstrap.servers` among them.
    """

    def __init__(
        self,
        spark: SparkSession,
        definition: Json,
        database_url: str,
        kafka_options: Mapping[str, str],
        topic: str,
        group: str | None = None,
        on_batch: Callable[[int, dict[str, int]], None] = lambda _batch, _ledger: None,
    ) -> None:
        for name in REFUSED_OPTIONS:
            if name in kafka_options:
                raise ValueError(f"{name} divides a partition between tasks, which is not allowed.")
        self._spark = spark
        self._job = definition
        self._url = database_url
        self._kafka = dict(kafka_options)
        self._topic = topic
        self._on_batch = on_batch
        self._conn: Connection = connect(database_url, definition)
        self._epochs: dict[int, int] = {}
        directory = "/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir()
        self._states = f"{directory}/tidemark-spark-{os.getuid()}"
        cluster_id, self._log_starts = self._look_at_topic()
        name = definition["definition"]["name"]
        own = f"tidemark-{name}" if topic == name else f"tidemark-{name}-{topic}"
        owner = f"spark {socket.gethostname()} {os.getpid()} {uuid.uuid4().hex[:8]}"
        self._who = Identity(topic, group or own, cluster_id, owner)

    def start(self, trigger: Mapping[str, Any] | None = None) -> StreamingQuery:
        """Claims the partitions and starts the query.

        `trigger` holds the arguments of DataStreamWriter.trigger; None: a batch follows the other.
        """
        starting = {partition: self._claim(partition) for partition in self._log_starts}
        reader = (
            self._spark.readStream.format("kafka")
            .option("subscribe", self._topic)
            .option("startingOffsets", json.dumps({self._topic: starting}))
            .option("failOnDataLoss", "true")
            .options(**self._kafka)
            .option("kafka.isolation.level", "read_committed")
        )
        records = reader.load().selectExpr(
            "partition", "offset", "unix_millis(timestamp) AS arrival", "key", "value"
        )
        # The tables are what a restart goes on from: Spark's own checkpoints are thrown away.
        checkpoint = tempfile.mkdtemp(prefix="tidemark-spark-")

        def run_batch(batch: DataFrame, batch_id: int) -> None:
            self._run_batch(batch, batch_id, checkpoint)

        writer = records.writeStream.foreachBatch(run_batch)
        writer = writer.option("checkpointLocation", checkpoint)
        if trigger is not None:
            writer = writer.trigger(**trigger)
        return writer.start()

    def _claim(self, partition: int) -> int:
        log_start = self._log_starts.get(partition, 0)
        head = claim(self._conn, self._url, self._job, self._who, partition, log_start)
        self._epochs[partition] = head.epoch
        offset = head.state.next_offset
        if offset < log_start:
            raise LostRecordsError(
                f"{self._topic}[{partition}]: the records {offset} to {log_start - 1} are gone."
            )
        return offset

    def _run_batch(self, records: DataFrame, batch_id: int, checkpoint: str) -> None:
        ends = self._ends_of(batch_id, checkpoint)
        for partition in ends:
            if partition not in self._epochs:
                self._claim(partition)
        claims = {partition: (self._epochs[partition], end) for partition, end in ends.items()}
        batch = Batch(self._job, self._url, self._topic, self._states, claims)
        rows = [row.asDict() for row in records.mapInArrow(batch, RESULT).collect()]
        done = {row["partition"] for row in rows}
        # No task learns of a range that holds nothing but transaction markers.
        for partition in ends.keys() - done:
            PartitionTask(batch, partition).finish()
        ledger = {name: sum(row[name] for row in rows) for name in LEDGER}
        self._on_batch(batch_id, ledger)

    def _ends_of(self, batch_id: int, checkpoint: str) -> dict[int, int]:
        """Where the batch ends by partition, as Spark has written it before it runs the batch."""
        with open(os.path.join(checkpoint, "offsets", str(batch_id)), encoding="utf-8") as file:
            lines = file.read().splitlines()
        return {int(at): int(end) for at, end in json.loads(lines[2])[self._topic].items()}

    def _look_at_topic(self) -> tuple[str, dict[int, int]]:
        """The cluster's id, and where the log of each partition begins."""
        jvm: Any = self._spark._jvm
        settings = jvm.java.util.Properties()
        for name, value in self._kafka.items():
            if name.startswith("kafka."):
                settings.put(name.removeprefix("kafka."), value)
        kafka = jvm.org.apache.kafka
        admin = kafka.clients.admin.Admin.create(settings)
        try:
            cluster_id: str = admin.describeCluster().clusterId().get()
            topics = jvm.java.util.ArrayList()
            topics.add(self._topic)
            described = admin.describeTopics(topics).allTopicNames().get().get(self._topic)
            asked = jvm.java.util.HashMap()
            places = {}
            for one in described.partitions():
                places[one.partition()] = kafka.common.TopicPartition(self._topic, one.partition())
                asked.put(places[one.partition()], kafka.clients.admin.OffsetSpec.earliest())
            found = admin.listOffsets(asked).all().get()
            starts = {at: int(found.get(place).offset()) for at, place in sorted(places.items())}
        finally:
            admin.close()
        return cluster_id, starts
