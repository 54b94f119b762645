"""The system clock."""

from datetime import UTC, datetime


class SystemClock:
    """Clock port on the machine's own time."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)
