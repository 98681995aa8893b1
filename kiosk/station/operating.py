"""One change of one card, from an open operation to a settled one: look, write, verify, settle.

`carry_out` is also how a broken-off operation is resumed: each step first looks whether it is
done. It catches nothing; whatever goes wrong leaves the operation OPEN on the server, and the next
time the card is laid on any station `carry_out` (or `undo`) ends it on evidence.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum, unique
from typing import ClassVar

from cardserver.client import CardServerClient
from cardserver.domain.operation import Keying, SlotChange, Verdict, judge
from cardserver.domain.rights import Slot
from cardserver.wire_operations import Evidence, Settled, Ticket, Voided
from drivers.api.cards import Card, CardState, KeyRole, KeySet
from drivers.errors import (
    CardAuthenticationFailed,
    CardError,
    CardForeign,
    RecordMismatch,
    RecordTorn,
)
from kiosk.station.keyjournal import OF_BLANKS, RunJournal, backward, onward


class UndoTooLate(CardError):
    """The operation can only be finished: the card is being erased, or its keys are being changed.

    It was not touched now.
    """

    code: ClassVar[str] = "undo-too-late"


@unique
class Step(StrEnum):
    """Where an operation is, for the progress on the screen."""

    LOOK = "look"
    KEYS = "keys"
    WRITE = "write"
    READ_BACK = "read-back"
    SETTLE = "settle"


class AnotherCard(CardError):
    """The card on the reader is not the one this operation was opened on."""

    code = "another-card"


Tell = Callable[[Step], None]


def key_set(ticket: Ticket) -> KeySet:
    """The card's diversified keys out of the ticket."""
    return KeySet(ticket.key_version, _by_role(ticket.keys))


def previous_key_set(ticket: Ticket) -> KeySet | None:
    """The keys the card may still hold where the estate rolled its keys."""
    if ticket.previous_key_version is None or ticket.previous_keys is None:
        return None
    return KeySet(ticket.previous_key_version, _by_role(ticket.previous_keys))


def _by_role(keys: Mapping[str, bytes]) -> dict[KeyRole, bytes]:
    return {KeyRole(role): value for role, value in keys.items()}


def carry_out(ticket: Ticket, card: Card, server: CardServerClient, tell: Tell) -> Settled:
    """Bring the card to what the ticket says and settle the operation.

    Raises:
        AnotherCard: this is not the card of the ticket; nothing was touched.
        RecordMismatch: the card holds bytes nobody planned, or does not give back what was written.
        CardForeign: the keys of the card are not ours.
        CardError, DeviceError: the card left, the reader failed; the operation stays open.
        ServerUnavailable: written, but not yet settled; the operation stays open.
    """
    _require_chip(ticket, card)
    keys = key_set(ticket)
    tell(Step.LOOK)
    if ticket.keying is Keying.FORMAT:
        return _format(ticket, card, server, tell)
    if ticket.keying is Keying.PERSONALISE:
        tell(Step.KEYS)
        card.personalise(keys, onward(server, ticket), previous=previous_key_set(ticket))
    changes = ticket.slot_changes()
    _write(changes, card, keys, tell)
    tell(Step.READ_BACK)
    found = read_back(changes, card, keys)
    if judge(changes, found) is not Verdict.NEW:
        raise RecordMismatch("the card does not give back what was written", uid=ticket.uid)
    tell(Step.SETTLE)
    return server.settle(ticket.operation_id, _evidence(found, card))


def _require_chip(ticket: Ticket, card: Card) -> None:
    if card.identity.uid != ticket.uid:
        raise AnotherCard("this is another card", uid=card.identity.uid)


def _write(changes: tuple[SlotChange, ...], card: Card, keys: KeySet, tell: Tell) -> None:
    found = look(changes, card, keys)
    if judge(changes, found) is Verdict.CONFLICT:
        raise RecordMismatch("the card holds something else than expected", uid=card.identity.uid)
    tell(Step.WRITE)
    for change in changes:
        if found[change.slot] != change.new:
            card.write_slot(change.slot, change.new, keys)


def _format(ticket: Ticket, card: Card, server: CardServerClient, tell: Tell) -> Settled:
    keys = key_set(ticket)
    tell(Step.KEYS)
    card.format(keys, onward(server, ticket))
    tell(Step.READ_BACK)
    _require_blank(card, keys)
    tell(Step.SETTLE)
    return server.settle(ticket.operation_id, _evidence(dict.fromkeys(map(int, Slot), b""), card))


def _require_blank(card: Card, keys: KeySet) -> None:
    card.restart()
    if card.state(keys) is not CardState.BLANK:
        raise RecordMismatch("the card is not blank after formatting", uid=card.identity.uid)


def undo(
    ticket: Ticket, card: Card, server: CardServerClient, reason: str, *, keep_sale: bool = False
) -> Voided:
    """Bring the card back to what it was and void the operation on that evidence.

    A card that was blank is blank again afterwards. With `keep_sale` the money stays for another
    try, e.g. on another blank. Raises UndoTooLate, and as `carry_out`.
    """
    _require_chip(ticket, card)
    changes = ticket.slot_changes()
    if ticket.kind in OF_BLANKS:
        _make_blank(card, key_set(ticket), backward(server, ticket))
        found: dict[int, bytes | None] = {change.slot: b"" for change in changes}
    else:
        found = _put_back(ticket, card, server)
    if judge(changes, found) is not Verdict.OLD:
        raise RecordMismatch("the card did not take its old content back", uid=ticket.uid)
    evidence = _evidence(found, card)
    return server.void(ticket.operation_id, evidence, reason, keep_sale=keep_sale)


def _make_blank(card: Card, keys: KeySet, journal: RunJournal) -> None:
    """Take back what personalising began; a card whose keys are not ours was never touched."""
    state = card.state(keys)
    untouched = state is CardState.BLANK and not journal.begun
    if state is not CardState.FOREIGN and not untouched:
        card.format(keys, journal)
        _require_blank(card, keys)


def _put_back(ticket: Ticket, card: Card, server: CardServerClient) -> dict[int, bytes | None]:
    """Write the old bytes; before the first change of a key nothing else was written either."""
    changes, keys = ticket.slot_changes(), key_set(ticket)
    if ticket.keying is Keying.FORMAT:
        raise UndoTooLate("nobody knows what was on the card: finish erasing it", uid=ticket.uid)
    if ticket.keying is Keying.PERSONALISE:
        if backward(server, ticket).begun:
            raise UndoTooLate("the card's keys are being changed: finish that", uid=ticket.uid)
        return read_back(changes, card, previous_key_set(ticket) or keys)
    for change in changes:
        card.write_slot(change.slot, change.old, keys)
    return read_back(changes, card, keys)


def look(changes: tuple[SlotChange, ...], card: Card, keys: KeySet) -> dict[int, bytes | None]:
    """What the card holds in the slots of a plan; None for a torn slot.

    Raises CardForeign when the keys do not open the slots.
    """
    found: dict[int, bytes | None] = {}
    for change in changes:
        try:
            found[change.slot] = card.read_slot(change.slot, keys)
        except RecordTorn:
            found[change.slot] = None
        except CardAuthenticationFailed as error:
            uid = card.identity.uid
            raise CardForeign("the keys of this card are not ours", uid=uid) from error
    return found


def read_back(changes: tuple[SlotChange, ...], card: Card, keys: KeySet) -> dict[int, bytes | None]:
    """Read the slots again after a reset and a fresh authentication."""
    card.restart()
    found: dict[int, bytes | None] = {}
    for change in changes:
        found[change.slot] = card.read_slot(change.slot, keys)
    return found


def _evidence(found: Mapping[int, bytes | None], card: Card) -> Evidence:
    return Evidence(
        uid=card.identity.uid,
        found=dict(found),
        secure_channel=card.secure_channel.value if card.secure_channel else None,
    )
