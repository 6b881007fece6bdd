"""States by partition, epoch and next offset.

Spark gives a partition to any idle Python worker: files in shared memory serve all of a machine.
Whatever is lost is read from the tables again.
"""

import os
import pickle
from pathlib import Path

from .state import State

Key = tuple[str, str, int, int, int]
"""Definition hash, topic, partition, epoch, next offset."""


class StateCache:
    """A state that is taken is no longer there: a failed attempt leaves it changed."""

    def __init__(self, directory: str) -> None:
        self._directory = Path(directory)

    def take(self, key: Key) -> State | None:
        try:
            state: State = pickle.loads(self._path(key).read_bytes())
        except (OSError, EOFError, pickle.UnpicklingError):
            return None
        return state

    def keep(self, key: Key, state: State, former: Key) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(key)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_bytes(pickle.dumps(state, 5))
        draft.replace(path)
        self._path(former).unlink(missing_ok=True)

    def _path(self, key: Key) -> Path:
        return self._directory / f"{'-'.join(map(str, key))}.state"
