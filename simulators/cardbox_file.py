"""The box of cards as a file, so that the demo's cards live from one run to the next."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simulators.cardbox_kept import BoxDamaged, CardNotMade, Kept, make_kept

FORMAT: Final = 1

_ID: Final = re.compile(r"card-([1-9][0-9]{0,8})")
_DAMAGE: Final = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    CardNotMade,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxContent:
    """All that lasts of a box: its seed, how many cards it ever made, and those there are."""

    seed: int
    made: int
    kept: Mapping[str, Kept]


def write_box(path: Path, content: BoxContent) -> None:
    """Replace the file as a whole: a kill leaves the old one or the new one."""
    state = {
        "format": FORMAT,
        "seed": content.seed,
        "made": content.made,
        "cards": [_state_of(card_id, kept) for card_id, kept in content.kept.items()],
    }
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(state, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(path)


def read_box(path: Path) -> BoxContent:
    """What `write_box` wrote.

    Raises:
        FileNotFoundError: nothing was written there.
        BoxDamaged: this was written by something else.
    """
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        if state["format"] != FORMAT:
            raise BoxDamaged(f"{path.name} is of another format")
        cards = [_kept_of(each) for each in state["cards"]]
        content = BoxContent(seed=int(state["seed"]), made=int(state["made"]), kept=dict(cards))
    except _DAMAGE as damage:
        raise BoxDamaged(f"{path.name} does not hold cards: {damage}") from damage
    if len(cards) != len(content.kept) or not _consistent(content):
        raise BoxDamaged(f"{path.name} holds one card twice, or one that was never made")
    return content


def _state_of(card_id: str, kept: Kept) -> dict[str, Any]:
    card = kept.card
    return {
        "id": card_id,
        "label": kept.label,
        "kind": card.kind,
        "uid": card.uid.hex(),
        "memory": card.dump(),
    }


def _kept_of(state: Mapping[str, Any]) -> tuple[str, Kept]:
    kept = make_kept(str(state["kind"]), bytes.fromhex(state["uid"]), str(state["label"]))
    kept.card.load(state["memory"])
    return str(state["id"]), kept


def _consistent(content: BoxContent) -> bool:
    """Every id is one that this box gave, and no UID occurs twice."""
    matches = [_ID.fullmatch(card_id) for card_id in content.kept]
    given = all(match is not None and int(match[1]) <= content.made for match in matches)
    return given and len({kept.card.uid for kept in content.kept.values()}) == len(content.kept)
