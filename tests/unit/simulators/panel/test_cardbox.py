"""The box of virtual cards: each in one place, with its own UID, kept from one run to the next."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from drivers.errors import CardRemoved
from simulators.cardbox import CARD_LIMIT, CardBox
from simulators.cardbox_kept import (
    LABEL_LIMIT,
    BoxDamaged,
    BoxFull,
    CardExists,
    CardNotMade,
    NoSuchCard,
    NoSuchReader,
)
from simulators.cards.catalogue import CATALOGUE
from simulators.faults import Fault, FaultKind, FaultPlan
from simulators.reader import VirtualReader

GET_UID = bytes.fromhex("FFCA000000")
NAMES = ("desk", "kiosk", "door")


def build_readers() -> dict[str, VirtualReader]:
    return {name: VirtualReader(name) for name in NAMES}


@pytest.fixture
def readers() -> dict[str, VirtualReader]:
    return build_readers()


@pytest.fixture
def box(readers: dict[str, VirtualReader]) -> CardBox:
    return CardBox(readers)


class OnePlace(RuleBasedStateMachine):
    """Whatever hands do, a card is in the wallet or on one reader, and a reader holds one card."""

    cards = Bundle("cards")

    def __init__(self) -> None:
        super().__init__()
        self.readers = build_readers()
        self.box = CardBox(self.readers)

    @rule(target=cards, kind=st.sampled_from(sorted(CATALOGUE)))
    def add(self, kind: str) -> str:
        return self.box.add(kind)

    @rule(card=cards, reader=st.sampled_from(NAMES))
    def lay(self, card: str, reader: str) -> None:
        self.box.lay(card, reader)
        assert self.box.where(card) == reader
        assert self.box.on(reader) == card

    @rule(reader=st.sampled_from(NAMES))
    def lift(self, reader: str) -> None:
        before = self.box.on(reader)
        assert self.box.lift(reader) == before
        assert self.box.on(reader) is None

    @rule(reader=st.sampled_from(NAMES))
    def tear(self, reader: str) -> None:
        if self.box.on(reader) is None:
            return
        self.readers[reader].plan(FaultPlan(Fault(kind=FaultKind.TEAR_BEFORE, at=0)))
        channel = self.readers[reader].connect()
        with pytest.raises(CardRemoved):
            channel.transmit(GET_UID)
        self.readers[reader].plan(None)
        assert self.box.on(reader) is None

    @invariant()
    def a_card_is_in_exactly_one_place(self) -> None:
        lying = {name: reader.card for name, reader in self.readers.items() if reader.card}
        assert len({id(card) for card in lying.values()}) == len(lying)
        for card_id, card in self.box.cards.items():
            places = [name for name, there in lying.items() if there is card]
            assert ([self.box.where(card_id)] if places else []) == places


TestOnePlace = OnePlace.TestCase


def test_ids_count_up_and_labels_are_kept(box: CardBox) -> None:
    assert [box.add("classic-1k"), box.add("desfire-ev2", label=" 王秀兰 ")] == ["card-1", "card-2"]
    assert (box.label("card-1"), box.label("card-2")) == ("MIFARE Classic 1K", "王秀兰")


def test_two_boxes_of_one_seed_hold_the_same_cards_and_another_seed_holds_others() -> None:
    boxes = [CardBox(build_readers(), seed=seed) for seed in (7, 7, 8)]
    for box in boxes:
        for kind in CATALOGUE:
            box.add(kind)
    first, second, other = [[card.uid for card in box.cards.values()] for box in boxes]
    assert first == second
    assert set(first).isdisjoint(other)


@given(seed=st.integers(0, 2**32))
def test_uids_are_such_as_makers_give(seed: int) -> None:
    box = CardBox({}, seed=seed)
    for kind in [*CATALOGUE] * 3:
        box.add(kind)
    uids = [card.uid for card in box.cards.values()]
    assert len(set(uids)) == len(uids)
    assert {len(uid) for uid in uids} == {4, 7}
    for uid in uids:
        assert uid[0] != 0x08  # made up at each activation
        assert uid[0] & 0x0F == 0x0F if len(uid) == 4 else uid[0] == 0x04 and uid[3] != 0x88


def test_a_chosen_uid_is_not_given_twice(box: CardBox) -> None:
    box.add("classic-1k", bytes.fromhex("5F1A2B3C"))
    with pytest.raises(CardExists):
        box.add("classic-4k", bytes.fromhex("5F1A2B3C"))
    coming = CardBox({}).add("desfire-ev1")
    assert coming == "card-1"
    foreseen = CardBox({})
    foreseen.add("desfire-ev1")
    taken = foreseen.cards["card-1"].uid
    fresh = CardBox({})
    fresh.add("ultralight", taken)
    fresh.add("desfire-ev1")
    assert len({card.uid for card in fresh.cards.values()}) == 2


@pytest.mark.parametrize(
    ("kind", "uid", "label"),
    [
        ("mifare", None, None),
        ("desfire-ev2", bytes(4), None),
        ("classic-1k", b"", None),
        ("classic-1k", None, "   "),
        ("classic-1k", None, "x" * (LABEL_LIMIT + 1)),
        ("classic-1k", None, "two\nlines"),
    ],
)
def test_a_card_that_cannot_be_is_not_made(
    box: CardBox, kind: str, uid: bytes | None, label: str | None
) -> None:
    with pytest.raises(CardNotMade):
        box.add(kind, uid, label)
    assert box.cards == {}
    assert box.add("classic-1k") == "card-1"


def test_unknown_cards_and_readers_have_their_own_answer(box: CardBox) -> None:
    box.add("classic-1k")
    with pytest.raises(NoSuchCard):
        box.lay("card-2", "desk")
    for ask in (box.where, box.label):
        with pytest.raises(NoSuchCard):
            ask("")
    with pytest.raises(NoSuchReader):
        box.lay("card-1", "roof")
    for name in (box.lift, box.on):
        with pytest.raises(NoSuchReader):
            name("roof")


def test_laying_a_card_where_it_lies_leaves_it_alone(
    box: CardBox, readers: dict[str, VirtualReader]
) -> None:
    box.lay(box.add("classic-1k"), "desk")
    channel = readers["desk"].connect()
    box.lay("card-1", "desk")
    assert channel.transmit(GET_UID)[-2:] == b"\x90\x00"


def test_the_box_does_not_grow_for_ever(box: CardBox) -> None:
    for _ in range(CARD_LIMIT):
        box.add("ultralight")
    with pytest.raises(BoxFull):
        box.add("ultralight")


# --- from one run to the next


def test_a_saved_box_comes_back_with_memory_labels_and_numbers(
    box: CardBox, readers: dict[str, VirtualReader], tmp_path: Path
) -> None:
    for kind in CATALOGUE:
        box.add(kind, label=f"的 {kind}")
    box.lay("card-1", "desk")
    channel = readers["desk"].connect()
    for command in ("FF82000006FFFFFFFFFFFF", "FF860000050100046000", "FFD6000410" + "A5" * 16):
        assert channel.transmit(bytes.fromhex(command))[-2:] == b"\x90\x00"
    box.save(tmp_path / "cards.json")

    again = CardBox(build_readers())
    again.load(tmp_path / "cards.json")
    assert {k: c.dump() for k, c in again.cards.items()} == {
        k: c.dump() for k, c in box.cards.items()
    }
    assert [again.label(each) for each in again.cards] == [box.label(each) for each in box.cards]
    assert all(again.where(each) is None for each in again.cards)
    assert again.add("classic-1k") == f"card-{len(CATALOGUE) + 1}"


def test_loading_takes_every_card_off_the_readers(
    box: CardBox, readers: dict[str, VirtualReader], tmp_path: Path
) -> None:
    box.save(tmp_path / "empty.json")
    box.lay(box.add("classic-1k"), "desk")
    box.load(tmp_path / "empty.json")
    assert box.cards == {}
    assert readers["desk"].card is None


def test_saving_replaces_the_file_as_a_whole(box: CardBox, tmp_path: Path) -> None:
    box.add("classic-1k")
    box.save(tmp_path / "cards.json")
    box.add("classic-1k")
    box.save(tmp_path / "cards.json")
    assert [path.name for path in tmp_path.iterdir()] == ["cards.json"]


def test_nothing_saved_is_said_as_such(box: CardBox, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        box.load(tmp_path / "cards.json")


def saved(box: CardBox, path: Path) -> dict[str, object]:
    box.save(path)
    state: dict[str, object] = json.loads(path.read_text("utf-8"))
    return state


DAMAGES = [
    b"",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"{}",
    b"[" * 100_000,
    b'{"format": 2, "cards": [], "made": 0, "seed": 1}',
    b'{"format": 1, "cards": 7, "made": 0, "seed": 1}',
    b'{"format": 1, "cards": [[]], "made": 1, "seed": 1}',
    b'{"format": 1, "cards": [{"id": "card-1"}], "made": 1, "seed": 1}',
    b'{"format": 1, "cards": [], "made": "many", "seed": 1}',
    b'{"format": 1, "cards": [], "made": 1e999, "seed": 1}',
]


@pytest.mark.parametrize("content", DAMAGES)
def test_a_damaged_file_is_refused_and_changes_nothing(
    box: CardBox, tmp_path: Path, content: bytes
) -> None:
    box.add("classic-1k")
    box.lay("card-1", "desk")
    (tmp_path / "cards.json").write_bytes(content)
    with pytest.raises(BoxDamaged):
        box.load(tmp_path / "cards.json")
    assert box.where("card-1") == "desk"


@pytest.mark.parametrize(
    "change",
    [
        {"id": "card-9"},
        {"id": "card-2"},
        {"kind": "classic-4k"},
        {"kind": "spoon"},
        {"uid": "zz"},
        {"uid": None},
        {"label": ""},
        {"memory": []},
        {"memory": {}},
        {"memory": {"kind": "classic-1k", "uid": "00000000", "blocks": ["00"]}},
    ],
)
def test_a_card_that_does_not_fit_itself_damages_the_file(
    box: CardBox, tmp_path: Path, change: dict[str, object]
) -> None:
    box.add("classic-1k")
    box.add("classic-1k")
    state = saved(box, tmp_path / "cards.json")
    cards = state["cards"]
    assert isinstance(cards, list)
    cards[0] |= change
    (tmp_path / "cards.json").write_text(json.dumps(state), "utf-8")
    with pytest.raises(BoxDamaged):
        box.load(tmp_path / "cards.json")


def test_a_file_with_one_card_twice_is_damaged(box: CardBox, tmp_path: Path) -> None:
    box.add("classic-1k")
    box.add("classic-1k")
    state = saved(box, tmp_path / "cards.json")
    cards = state["cards"]
    assert isinstance(cards, list)
    cards[1] = cards[0] | {"id": "card-2"}
    (tmp_path / "cards.json").write_text(json.dumps(state), "utf-8")
    with pytest.raises(BoxDamaged):
        box.load(tmp_path / "cards.json")


@given(content=st.binary(max_size=200))
def test_no_file_whatever_does_anything_but_load_or_be_refused(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("box") / "cards.json"
    path.write_bytes(content)
    with pytest.raises(BoxDamaged):
        CardBox({}).load(path)
