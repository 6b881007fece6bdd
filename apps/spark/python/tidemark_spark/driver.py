"""The driver: claims all partitions, reads from where the tables stand, and runs the batches."""

import json
import os
import shutil
import socket
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col
from pyspark.sql.streaming.query import StreamingQuery

from .availability import Patience
from .claim import Head, Identity, claim
from .job import LEDGER, Json
from .session import Connection, connect
from .task import RESULT, Batch, PartitionTask
from .topic import TopicState, read_topic

REFUSED_OPTIONS = ("minPartitions", "maxRecordsPerPartition")
EMPTY_TOPIC_SECONDS = 1.0

Event = dict[str, Any]


class LostRecordsError(Exception):
    """Records were deleted from Kafka before they were read."""


class TidemarkJob:
    """A pipeline on Spark, on the same tables as its consumer.

    `kafka_options` are those of Spark's Kafka source, `kafka.bootstrap.servers` among them.
    `on_event` is called with what happens: `claimed`, `committed`, `lost` and `rows-refused`.
    `accept_loss`: records that are gone are counted as lost, and do not end the job.
    """

    def __init__(
        self,
        spark: SparkSession,
        definition: Json,
        database_url: str,
        kafka_options: Mapping[str, str],
        topic: str,
        group: str | None = None,
        on_event: Callable[[Event], None] = lambda _event: None,
        accept_loss: bool = False,
        shows: bool = False,
    ) -> None:
        for name in REFUSED_OPTIONS:
            if name in kafka_options:
                raise ValueError(f"{name} divides a partition between tasks, which is not allowed.")
        self._spark = spark
        self._job = definition
        self._url = database_url
        self._kafka = dict(kafka_options)
        self._topic = topic
        self._on_event = on_event
        self._accepts_loss = accept_loss
        self._shows = shows
        self._conn: Connection | None = None
        self._epochs: dict[int, int] = {}
        directory = "/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir()
        self._states = f"{directory}/tidemark-spark-{os.getuid()}"
        name = definition["definition"]["name"]
        self._group = group or (f"tidemark-{name}" if topic == name else f"tidemark-{name}-{topic}")
        self._owner = f"spark {socket.gethostname()} {os.getpid()} {uuid.uuid4().hex[:8]}"
        self._checkpoint: str | None = None
        self._cluster_id = ""
        self._log_starts: dict[int, int] = {}
        self._query: StreamingQuery | None = None
        self._commits = 0

    @property
    def commits(self) -> int:
        """How many checkpoints were committed."""
        return self._commits

    def tell(self, event: Event) -> None:
        """Passes on what somebody else has to say."""
        self._on_event(event)

    def start(self, trigger: Mapping[str, Any] | None = None) -> StreamingQuery:
        """Claims the partitions and starts the query. Waits for the topic, and for Postgres.

        `trigger` holds the arguments of DataStreamWriter.trigger; None: a batch follows the other.
        May be called again once the query has ended: it goes on where the tables stand.
        """
        state = self._wait_for_topic()
        self._cluster_id, self._log_starts = state.cluster_id, state.starts
        self._epochs = {}
        starting = {partition: self._claim(partition) for partition in self._log_starts}
        reader = (
            self._spark.readStream.format("kafka")
            .option("groupIdPrefix", self._group)
            .options(**self._kafka)
            .option("subscribe", self._topic)
            .option("startingOffsets", json.dumps({self._topic: starting}))
            .option("failOnDataLoss", "true")
            .option("kafka.isolation.level", "read_committed")
        )
        records = reader.load().selectExpr(
            "partition", "offset", "unix_millis(timestamp) AS arrival", "key", "value"
        )
        self.close()
        # The tables are what a restart goes on from: Spark's own checkpoints are thrown away.
        checkpoint = self._checkpoint = tempfile.mkdtemp(prefix="tidemark-spark-")

        def run_batch(batch: DataFrame, batch_id: int) -> None:
            self._run_batch(batch, self._ends_of(batch_id, checkpoint))

        writer = records.writeStream.foreachBatch(run_batch)
        writer = writer.option("checkpointLocation", checkpoint)
        if trigger is not None:
            writer = writer.trigger(**trigger)
        self._query = writer.start()
        return self._query

    def close(self) -> None:
        """Removes the directory of Spark's own checkpoints."""
        if self._checkpoint is not None:
            shutil.rmtree(self._checkpoint, ignore_errors=True)
            self._checkpoint = None

    def _wait_for_topic(self) -> TopicState:
        is_told = False
        while True:
            state = read_topic(self._spark._jvm, self._kafka, self._topic)
            if state is not None:
                return state
            if not is_told:
                self._on_event({"type": "waiting-for-topic"})
                is_told = True
            time.sleep(EMPTY_TOPIC_SECONDS)

    def _claim(self, partition: int) -> int:
        log_start = self._log_starts.get(partition, 0)
        who = Identity(self._topic, self._group, self._cluster_id, self._owner)
        head = self._claim_patiently(who, partition, log_start)
        self._epochs[partition] = head.epoch
        self._on_event(
            {
                "type": "claimed",
                "partition": partition,
                "epoch": head.epoch,
                "startOffset": head.start_offset,
                "nextOffset": head.state.next_offset,
                "watermarkMs": head.watermark_ms,
                "maxEventTimeMs": head.state.max_event_ms,
                "ledger": head.state.ledger,
            }
        )
        offset = head.state.next_offset
        if offset >= log_start:
            return offset
        if not self._accepts_loss:
            raise LostRecordsError(
                f"the records {offset} to {log_start - 1} of partition {partition} of "
                f"{self._topic} were deleted before they were read"
            )
        self._on_event({"type": "lost", "partition": partition, "from": offset, "to": log_start})
        task = PartitionTask(self._batch({partition: log_start}), partition)
        task.lose_to(log_start)
        self._tell_committed(task.finish(), log_start)
        return log_start

    def _claim_patiently(self, who: Identity, partition: int, log_start: int) -> Head:
        patience = Patience(self._job)
        while True:
            try:
                if self._conn is None or self._conn.closed:
                    self._conn = connect(self._url, self._job)
                return claim(self._conn, self._url, self._job, who, partition, log_start)
            except psycopg.Error as error:
                if self._conn is not None:
                    self._conn.close()
                patience.rest(error)

    def _batch(
        self, ends: Mapping[int, int], refused: dict[int, dict[int, str]] | None = None
    ) -> Batch:
        claims = {partition: (self._epochs[partition], end) for partition, end in ends.items()}
        return Batch(
            self._job, self._url, self._topic, self._states, claims, refused or {}, self._shows
        )

    def _run_batch(self, records: DataFrame, ends: dict[int, int]) -> None:
        for partition in ends:
            if partition not in self._epochs:
                self._claim(partition)
        known_ends = self._known_ends(ends)
        refused: dict[int, dict[int, str]] = {}
        pending, left = records, set(ends)
        while left:
            batch = self._batch(ends, refused)
            rows = [row.asDict() for row in pending.mapInArrow(batch, RESULT).collect()]
            # No task learns of a range that holds nothing but transaction markers.
            silent = left - {row["partition"] for row in rows}
            rows += [PartitionTask(batch, partition).finish() for partition in sorted(silent)]
            left = set()
            for row in rows:
                if row["refused_rows"] is None:
                    self._tell_committed(row, known_ends[row["partition"]])
                    continue
                found = {int(at): why for at, why in json.loads(row["refused_rows"]).items()}
                refused.setdefault(row["partition"], {}).update(found)
                left.add(row["partition"])
                self._tell_refused(row["partition"], found)
            # Their records are read again, without the rows that the database refuses.
            pending = records.where(col("partition").isin(sorted(left)))

    def _tell_refused(self, partition: int, refused: dict[int, str]) -> None:
        rows = [{"offset": at, "reason": why, "conflict": False} for at, why in refused.items()]
        self._on_event({"type": "rows-refused", "partition": partition, "rows": rows})

    def _tell_committed(self, row: dict[str, Any], log_end: int) -> None:
        self._commits += 1
        self._on_event(
            {
                "type": "committed",
                "partition": row["partition"],
                "epoch": row["epoch"],
                "nextOffset": row["next_offset"],
                "watermarkMs": row["watermark_ms"],
                "maxEventTimeMs": row["max_event_ms"],
                "ledger": {name: row[name] for name in LEDGER},
                "records": row["next_offset"] - row["from_offset"],
                "rows": row["rows"],
                "durationMs": row["duration_ms"],
                "logEndOffset": max(log_end, row["next_offset"]),
                "shown": None if row["shown"] is None else json.loads(row["shown"]),
            }
        )

    def _known_ends(self, ends: dict[int, int]) -> dict[int, int]:
        """Where the log ends, as Spark saw it at the last batch: this one may end before."""
        progress = None if self._query is None else self._query.lastProgress
        known = dict(ends)
        for source in progress["sources"] if progress is not None else []:
            latest = source["latestOffset"]
            latest = json.loads(latest) if isinstance(latest, str) else latest or {}
            for partition, end in latest.get(self._topic, {}).items():
                at = int(partition)
                known[at] = max(known.get(at, 0), int(end))
        return known

    def _ends_of(self, batch_id: int, checkpoint: str) -> dict[int, int]:
        """Where the batch ends by partition, as Spark has written it before it runs the batch."""
        with open(os.path.join(checkpoint, "offsets", str(batch_id)), encoding="utf-8") as file:
            lines = file.read().splitlines()
        return {int(at): int(end) for at, end in json.loads(lines[2])[self._topic].items()}
