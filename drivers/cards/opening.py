"""From whatever lies on the reader to a `drivers.api.cards.Card`, or to a clear refusal."""

from functools import cache

from drivers.api.cards import Card, CardDriver, CardIdentity, CardKind, SecureChannel
from drivers.api.readers import Channel
from drivers.errors import CardUnsupported
from drivers.identify import identify
from drivers.loader import load, names


@cache
def driver_for(kind: CardKind) -> CardDriver | None:
    """Return the driver that handles this kind of card; None when there is none."""
    drivers = (load("cards", name) for name in names("cards"))
    return next((driver for driver in drivers if kind in driver.kinds), None)


def open_card(
    channel: Channel, *, secure_channel: SecureChannel | None = None, full: bool = False
) -> Card:
    """Recognise the card (`drivers.identify.identify`) and open it with its driver.

    Raises:
        CardUnsupported: a card that carries no records of ours; `name` says what it is.
    """
    return open_identified(channel, identify(channel, full=full), secure_channel=secure_channel)


def open_identified(
    channel: Channel, identity: CardIdentity, *, secure_channel: SecureChannel | None = None
) -> Card:
    """Open a card that was recognised before. `secure_channel` is ignored where there is none."""
    driver = driver_for(identity.kind)
    if driver is None:
        raise CardUnsupported(
            f"{identity.name} is not used here", uid=identity.uid, name=identity.name
        )
    return driver.open(channel, identity, secure_channel)
