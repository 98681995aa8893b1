"""What a kiosk needs beside its devices: a journal whose every entry is there."""

from collections.abc import Iterator
from typing import Final

from cardserver.domain.finding import Finding, fine, look, wrong
from kiosk.selfservice.journal import JournalBroken, TillJournal
from kiosk.station.config import KioskPart

_ADVICE: Final = (
    "Leave the file as it is and keep a copy: it says what was done with money. "
    "Look at free space and rights of its folder, and call support."
)


def journal(part: KioskPart) -> Iterator[Finding]:
    """Can the journal be opened, and is no entry missing or changed?"""
    if not part.journal.exists():
        if part.journal.parent.is_dir():
            yield fine("till journal", f"{part.journal} will be made at the first start")
        else:
            yield wrong("till journal", f"{part.journal.parent} is no folder", "Make the folder.")
        return
    try:
        opened = TillJournal(part.journal)
        count = opened.check()
        disputed = opened.disputed()
    except JournalBroken as error:
        yield wrong("till journal", str(error), _ADVICE)
        return
    waiting = len(opened.unfinished())
    opened.close()
    left = f", {waiting} of them about money that is not settled yet" if waiting else ""
    yield fine("till journal", f"{part.journal}: {count} entries, chained{left}")
    for line in disputed:
        says = f"entry {line.sequence}: the server refused to book a note ({line.body['reason']})"
        yield look("till journal", says, "Has it been booked by hand, as 待核对?")
