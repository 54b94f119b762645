"""What a forge's API answered before, by its ETag: asked whether it changed, it need not say it again."""

from __future__ import annotations

import threading
from collections import OrderedDict

from liftlock.adapters.forges.answers import Answer

_KEPT = 256


class Memory:
    """The last answers, as many as are kept. Threads may share it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[str, Answer]] = OrderedDict()
        self._keeping = threading.Lock()

    def find(self, key: str) -> tuple[str, Answer] | None:
        """The ETag and the answer; None where nothing is kept."""
        return self._kept.get(key)

    def keep(self, key: str, etag: str, answer: Answer) -> None:
        """Keeps it as the newest."""
        with self._keeping:
            self._kept[key] = (etag, answer)
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
