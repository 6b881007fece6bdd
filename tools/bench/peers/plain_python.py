"""Kafka to Postgres as one would write it by hand: read, parse, compute both rates, COPY, a transaction for each poll.

No windows, no deduplication, no lateness. It is not exactly once: rows and offsets are not committed together.
Usage: plain_python.py BROKERS TOPIC DATABASE_URL
"""

import sys
from datetime import UTC, datetime
from uuid import UUID

import orjson
import psycopg
from confluent_kafka import Consumer, TopicPartition

MOST_RECORDS = 10_000
INTEGER_FIELDS = ("Usage_Count", "Sales", "Visitors", "PageVisitors", "Conversion")
CREATE = """CREATE TABLE plain_user_sales (
    "ID" uuid NOT NULL, "Kota" text NOT NULL, "Sosial_Media" text NOT NULL, "Usage_Count" int NOT NULL,
    "Sales" int NOT NULL, "Visitors" int NOT NULL, "PageVisitors" int NOT NULL, "Conversion" int NOT NULL,
    "Ts" timestamptz NOT NULL, conversion_rate float8, bounce_rate float8)"""


def to_row(value: bytes | None) -> tuple[object, ...] | None:
    """None for what cannot be read, or does not fit into the table."""
    try:
        event = orjson.loads(value)
        counts = [event[field] for field in INTEGER_FIELDS]
        visitors = event["Visitors"]
        rates = (None, None)
        if visitors != 0:
            rates = (event["Conversion"] / visitors * 100, event["PageVisitors"] / visitors * 100)
        row = (UUID(event["ID"]), event["Kota"], event["Sosial_Media"], *counts)
        time = datetime.fromtimestamp(event["Ts"], UTC)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError):
        return None
    if not all(type(count) is int and 0 <= count < 2**31 for count in counts):
        return None
    if any(type(name) is not str or "\0" in name for name in row[1:3]):
        return None
    return (*row, time, *rates)


def main() -> None:
    brokers, topic, database_url = sys.argv[1:]
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "plain-python", "enable.auto.commit": False})
    partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
    bounds = {one: consumer.get_watermark_offsets(TopicPartition(topic, one), timeout=30) for one in partitions}
    left = sum(end - start for start, end in bounds.values())
    consumer.assign([TopicPartition(topic, one, start) for one, (start, _) in bounds.items()])
    with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(CREATE)
        connection.commit()
        while left > 0:
            messages = consumer.consume(min(MOST_RECORDS, left), timeout=1.0)
            with cursor.copy("COPY plain_user_sales FROM STDIN") as copy:
                for message in messages:
                    if message.error():
                        raise RuntimeError(message.error())
                    row = to_row(message.value())
                    if row is not None:
                        copy.write_row(row)
            connection.commit()
            consumer.commit(asynchronous=True)
            left -= len(messages)
    consumer.close()


main()
