"""Tidemark's pipelines on Apache Spark: exactly once, on the same Postgres tables.

`TidemarkJob` needs PySpark; the rest of the package does not, so that it is loaded when asked for.
"""

from typing import TYPE_CHECKING, Any

from .job import load_job

if TYPE_CHECKING:
    from .driver import TidemarkJob

__all__ = ["TidemarkJob", "load_job"]


def __getattr__(name: str) -> Any:
    if name == "TidemarkJob":
        from .driver import TidemarkJob

        return TidemarkJob
    raise AttributeError(f"tidemark_spark has no {name}")
