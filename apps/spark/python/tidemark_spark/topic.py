"""Kafka's topic, by the client that Spark's Kafka source brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TopicState:
    """The cluster's id, and where the log of each partition begins."""

    cluster_id: str
    starts: dict[int, int]


def read_topic(jvm: Any, options: Mapping[str, str], topic: str) -> TopicState | None:
    """None: there is no such topic. Raises Py4JJavaError, with Kafka's own error as the cause."""
    settings = jvm.java.util.Properties()
    for name, value in options.items():
        if name.startswith("kafka."):
            settings.put(name.removeprefix("kafka."), value)
    kafka = jvm.org.apache.kafka
    admin = kafka.clients.admin.Admin.create(settings)
    try:
        cluster_id: str = admin.describeCluster().clusterId().get()
        if not admin.listTopics().names().get().contains(topic):
            return None
        topics = jvm.java.util.ArrayList()
        topics.add(topic)
        described = admin.describeTopics(topics).allTopicNames().get().get(topic)
        asked = jvm.java.util.HashMap()
        places = {}
        for one in described.partitions():
            places[one.partition()] = kafka.common.TopicPartition(topic, one.partition())
            asked.put(places[one.partition()], kafka.clients.admin.OffsetSpec.earliest())
        found = admin.listOffsets(asked).all().get()
        starts = {at: int(found.get(place).offset()) for at, place in sorted(places.items())}
    finally:
        admin.close()
    return TopicState(cluster_id, starts)
