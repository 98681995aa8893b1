"""The story of the first card, told to the running site through its own pages and devices.

`yika demo --check` runs it without a browser, the tests run it line by line.
"""

from collections.abc import Callable, Mapping
from typing import Final

import httpx

from simulators.deskstory import (
    add_parking,
    block_the_lost_card,
    exchange_the_slip,
    expire,
    finish_a_torn_card,
    format_a_staff_card,
    issue_to_the_owner,
    replace_it,
    undo_a_torn_card,
)
from simulators.kioskstory import keep_the_rest, top_up_at_the_kiosk, top_up_by_phone
from simulators.site import Site
from simulators.teller import StoryBroken, Teller


def open_the_door(tell: Teller) -> None:
    """2 At the house door the card opens."""
    tell.gate_knows()
    before = len(tell.site.boards["door"].openings)
    seen = tell.tap("owner", "door")
    tell.expect(f"granted and opened: {seen}", true=seen["granted"] and seen["opened"])
    tell.expect("the strike moved once", true=len(tell.site.boards["door"].openings) == before + 1)


def open_the_car_park(tell: Teller) -> None:
    """3c The car-park lane opens."""
    tell.gate_knows()
    seen = tell.tap("owner", "carpark")
    tell.expect(f"granted and opened: {seen}", true=seen["granted"] and seen["opened"])


CHAPTERS: Final[tuple[Callable[[Teller], None], ...]] = (
    issue_to_the_owner,
    open_the_door,
    add_parking,
    top_up_at_the_kiosk,
    exchange_the_slip,
    top_up_by_phone,
    keep_the_rest,
    open_the_car_park,
    block_the_lost_card,
    replace_it,
    format_a_staff_card,
    finish_a_torn_card,
    undo_a_torn_card,
    expire,
)


def tell_all(site: Site, say: Callable[[str], None]) -> Mapping[str, str]:
    """Run every chapter in order; returns the broken ones with their reason."""
    broken: dict[str, str] = {}
    teller = Teller(site)
    try:
        for chapter in CHAPTERS:
            title = (chapter.__doc__ or chapter.__name__).strip()
            try:
                chapter(teller)
                say(f"passed  {title}")
            except (StoryBroken, httpx.HTTPError) as error:
                broken[title] = str(error)
                say(f"failed  {title}\n        {error}")
    finally:
        teller.close()
    return broken
