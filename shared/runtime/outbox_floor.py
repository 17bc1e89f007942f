"""Up to which `seq` the relay need not look at the outbox any more: it only skips rows that are dead already. Pure."""

FORGET_SECONDS = 1.0


class OutboxFloor:
    """Below `seq` nothing is left to be sent and nothing can appear.

    A transaction that is still open may hold smaller numbers than rows that were sent already; were the floor above
    them, a later event of the same subject would overtake them. So a number becomes the floor only when every
    transaction that was open when it was read has ended before a later read.
    """

    def __init__(self) -> None:
        self.seq = 0
        self._candidate: tuple[int, int] | None = None
        self._forgotten_at = float("-inf")

    def follow(self, last_seq: int, oldest_open: int, next_opened: int) -> None:
        """Rows up to `last_seq` were read above the floor, and sent.

        Of the transactions at that read, every one before `oldest_open` had ended, and none from `next_opened` on had
        begun.
        """
        if self._candidate is None:
            self._candidate = (last_seq, next_opened)
            return
        seq, ended_before = self._candidate
        if oldest_open >= ended_before:
            self.seq = max(self.seq, min(seq, last_seq))
            self._candidate = (last_seq, next_opened)

    def forget_when_old(self, now: float) -> None:
        """Look at everything once a second: whatever was written without the outbox's own statements is found, too."""
        if now - self._forgotten_at > FORGET_SECONDS:
            self.seq, self._candidate, self._forgotten_at = 0, None, now
