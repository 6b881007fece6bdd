"""The pipeline as `nx run spark:build` writes it: plain JSON, and a few names for its parts."""

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]

LEDGER = (
    "read",
    "counted",
    "duplicate",
    "late",
    "quarantined",
    "rejected",
    "refused",
    "skipped",
    "lost",
)


def load_job(path: str | Path) -> Json:
    """Reads a job.json. Raises ValueError for a version that this package does not know."""
    job: Json = json.loads(Path(path).read_text(encoding="utf-8"))
    if job.get("version") != 1:
        raise ValueError(f"{path} has the version {job.get('version')}; this package reads 1.")
    return job
