"""The columns of a rollup: how a row begins, and how an event is added to it."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from .job import Json

MAX_SAFE = 2**53 - 1
Add = Callable[[list[Any], Mapping[str, Any]], None]


class SumOverflowError(OverflowError):
    """A sum has left what can be summed exactly: as in the consumer, the job ends."""


class RollupPlan:
    """One rollup's keys, window and columns."""

    def __init__(self, rollup: Json, job: Json) -> None:
        self.name: str = rollup["name"]
        self.size_ms: int = rollup["window"]["sizeMs"]
        self.keys: list[str] = rollup["keys"]
        self.first: list[Any] = []
        self.adds: list[Add] = []
        self.demanded: list[str] = []
        """Fields and rates whose values have to be finite."""
        fields = {one["name"]: one for one in job["definition"]["fields"]}
        for name, aggregate in rollup["aggregates"].items():
            self._plan(name, aggregate, fields)

    def begin(self) -> list[Any]:
        return list(self.first)

    def _plan(self, name: str, aggregate: Json, fields: dict[str, Json]) -> None:
        kind = aggregate["kind"]
        if kind == "count":
            self._add(0, _count(len(self.first)))
            return
        source: str = aggregate["field"]
        if kind == "count-non-null":
            self._add(0, _count_present(len(self.first), source))
            return
        known = fields.get(source)
        may_be_null = known is None or known["nullable"] or known["optional"]
        is_exact = aggregate["of"] == "integer" and not may_be_null
        self.demanded.append(source)
        if kind in ("sum", "mean"):
            start = 0 if is_exact else 0.0
            self._add(start, _sum(len(self.first), source, is_exact, f"{self.name}.{name}"))
            if kind == "mean":
                self._add(0, _count_present(len(self.first), source))
            return
        self._add(None, _extreme(len(self.first), source, kind == "max"))

    def _add(self, first: Any, add: Add) -> None:
        self.first.append(first)
        self.adds.append(add)


def _count(at: int) -> Add:
    def add(row: list[Any], _event: Mapping[str, Any]) -> None:
        row[at] += 1

    return add


def _count_present(at: int, source: str) -> Add:
    def add(row: list[Any], event: Mapping[str, Any]) -> None:
        if event[source] is not None:
            row[at] += 1

    return add


def _sum(at: int, source: str, is_exact: bool, what: str) -> Add:
    def add(row: list[Any], event: Mapping[str, Any]) -> None:
        value = event[source]
        if value is None:
            return
        row[at] += value
        total = row[at]
        if abs(total) > MAX_SAFE if is_exact else not math.isfinite(total):
            raise SumOverflowError(f"{what}: the sum of {source} is beyond what can be summed.")

    return add


def _extreme(at: int, source: str, is_max: bool) -> Add:
    def add(row: list[Any], event: Mapping[str, Any]) -> None:
        value = event[source]
        if value is not None and (row[at] is None or (value > row[at]) == is_max):
            row[at] = value

    return add
