"""What a session's recording lacks, and why. Pure: who asks says what is there."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

GRACE: Final = timedelta(minutes=10)  # after a session closed, for segments to end and copies to be made


class Lack(StrEnum):
    """Why a recording is not complete."""

    NO_END = "no-end"  # a segment without an end: its process was killed, or its row could not be written
    NO_OBJECT = "no-object"  # a segment that was written, and whose file is gone
    ALTERED = "altered"  # a segment whose file is not what its row says
    NO_COPY = "no-copy"  # a segment without a copy
    NO_ROW = "no-row"  # an object that nothing names


def lack_of(*, ended: bool, unwritten: bool, present: bool, altered: bool, copied: bool) -> Lack | None:
    """Return what a segment lacks, of a session that closed longer than GRACE ago.

    `unwritten`: the disk took nothing of it, as its row says, so nothing could come. `present`: its object
    is there. `altered`: somebody read it, and it was not what its row says. `copied`: its copy is there.
    """
    if not ended:
        return Lack.NO_END
    if unwritten:
        return None
    if not present:
        return Lack.NO_OBJECT
    if altered:
        return Lack.ALTERED
    return None if copied else Lack.NO_COPY
