"""The state of one partition: what its tables hold of windows that may still be open."""

from dataclasses import dataclass, field
from typing import Any

from .job import LEDGER, Json

WindowKey = tuple[Any, ...]
"""Start in epoch ms, then the keys as texts."""


@dataclass
class LastRecord:
    """The newest record that was read: its offset, its timestamp (ms), and the digest."""

    offset: int
    timestamp_ms: int
    digest: str


@dataclass
class State:
    """Plain data: it can be pickled, and the tables hold all of it."""

    next_offset: int
    max_event_ms: int | None
    ledger: dict[str, int]
    last_record: LastRecord | None = None
    ids: dict[str, int] = field(default_factory=dict)
    """By id: the watermark (epoch ms) at which it is free again."""
    windows: list[dict[WindowKey, list[Any]]] = field(default_factory=list)
    """By rollup: the values of each row, None for null."""
    excluded: frozenset[int] = frozenset()
    """Offsets of records that a person has left out."""


def first_state(job: Json, start_offset: int) -> State:
    """The state before any record."""
    rollups = job["definition"]["rollups"]
    ledger = dict.fromkeys(LEDGER, 0)
    return State(start_offset, None, ledger, windows=[{} for _ in rollups])
