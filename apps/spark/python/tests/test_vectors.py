"""Decode, fold and copy against what the TypeScript implementation makes of the same records."""

import base64
import hashlib
import json
import math
from pathlib import Path
from typing import Any

import pytest

from tidemark_spark.copy import CopyEncoder
from tidemark_spark.fold import Fold, Plan, Record
from tidemark_spark.state import first_state

LINES = (
    (Path(__file__).parent / "vectors.ndjson").read_text(encoding="utf-8").strip("\n").split("\n")
)
VECTORS = [json.loads(line) for line in LINES]
CONSTANTS = {"topic": "vectors", "partition": 3}


def decoded(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def comparable(rows: Any) -> list[Any]:
    """Rows in an order of their own: those of a checkpoint have none."""
    plain = [[None if isinstance(v, float) and math.isnan(v) else v for v in row] for row in rows]
    return sorted(plain, key=lambda row: json.dumps(row[:4]))


@pytest.mark.parametrize("vector", VECTORS, ids=[one["name"] for one in VECTORS])
def test_vector(vector: dict[str, Any]) -> None:
    job = vector["job"]
    plan = Plan(job)
    state = first_state(job, 0)
    for batch, expected in zip(vector["batches"], vector["checkpoints"], strict=True):
        fold = Fold(plan, state)
        fold.process(
            Record(one["offset"], one["timestampMs"], decoded(one["key"]), decoded(one["value"]))
            for one in batch["records"]
        )
        fold.skip_to(batch["nextOffset"])
        checkpoint = fold.checkpoint()
        columns = ("offset", "reason", "field", "expected", "received")
        rejected = [[row[name] for name in columns] for row in fold.rows.rejected]
        assert rejected == expected["rejected"]
        head = expected["head"]
        assert state.ledger == head["ledger"]
        assert (state.next_offset, state.max_event_ms, fold.watermark_ms) == (
            head["nextOffset"],
            head["maxEventTimeMs"],
            head["watermarkMs"],
        )
        last = state.last_record
        known = head.get("lastRecord")
        assert (last and [last.offset, last.timestamp_ms, last.digest]) == (
            known and [known["offset"], known["timestampMs"], known["digest"]]
        )
        for found, wanted in zip(checkpoint.changed, expected["changed"], strict=True):
            assert comparable([*key, *row] for key, row in found) == comparable(wanted)
        for counts, wanted in zip(checkpoint.added, expected["added"], strict=True):
            assert comparable([*key, count] for key, count in counts) == comparable(wanted)
        for table in ("raw", "late", "rejected"):
            rows = getattr(fold.rows, table)
            stream = CopyEncoder(job["sql"][table], job).encode(rows, CONSTANTS).stream()
            digest = hashlib.sha256(stream).hexdigest() if rows else None
            assert digest == expected["copies"][table], table
