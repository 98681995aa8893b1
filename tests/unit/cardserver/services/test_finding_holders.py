"""Finding people at the desk, and showing no more of them than is needed (IC-23b)."""

import pytest
from sqlalchemy import event

from cardserver.db.among import MOST, filled
from cardserver.db.households import live_card_counts
from cardserver.db.tables import HolderRow
from cardserver.domain.rights import HolderClass
from cardserver.domain.station import StationKind
from cardserver.services import holders, people, setup, stations
from cardserver.services.errors import Conflict, NotFound, NotSignedOn
from cardserver.services.setup import SETUP
from cardserver.services.turn import Estate, reading, writing
from tests.databases.frontdesk import DESK, KIOSK, FrontDesk, blank


def found(desk: FrontDesk, query: str, limit: int = 20) -> set[int]:
    return {view.holder_id for view in holders.search(desk.estate, DESK, query, limit).holders}


def test_holders_are_found_by_what_people_say(desk: FrontDesk) -> None:
    view, _ = desk.owners_card()
    phoned = setup.register_holder(
        desk.estate, "何电", HolderClass.OWNER, phone="13812345678", id_number="44010119900101123X"
    )
    assert found(desk, "秀兰") == {desk.owner}
    assert found(desk, " 3-12 ") == {desk.owner, desk.family, desk.merchant}
    assert found(desk, "a1234") == {desk.owner}
    assert found(desk, "5678") == found(desk, "345678") == found(desk, "1381") == {phoned}
    assert found(desk, "123x") == {phoned}
    assert found(desk, f"{view.number:08d}") == {desk.owner}


@pytest.mark.parametrize("label", ["3-2-1201", "3栋2单元1201", "3号楼2单元1201室"])
def test_a_room_is_found_however_it_is_typed(desk: FrontDesk, label: str) -> None:
    here, near = (setup.register_unit(desk.estate, each, (0,)) for each in (label, "3-1-1201"))
    there = setup.register_holder(desk.estate, "何电", HolderClass.OWNER, unit_id=here)
    setup.register_holder(desk.estate, "何必", HolderClass.OWNER, unit_id=near)
    for typed in ("3-2-1201", "3 2 1201", "3栋2单元1201", "3#2-1201", "3-2-1201室", "3号楼 2单元"):
        assert found(desk, typed) == {there}, typed
    for part in ("2单元1201", "2-1201", "2 1201", "何电 2单元1201", "2-120"):
        assert found(desk, part) == {there}, part
    assert there in found(desk, "1201")
    assert found(desk, "4单元1201") == set()


@pytest.mark.parametrize("query", ["%", "_", "'; DROP TABLE holder; --", "9" * 60, "\\", "没有"])
def test_no_query_finds_everybody_or_breaks_the_search(desk: FrontDesk, query: str) -> None:
    assert found(desk, query) == set()


def test_no_more_than_the_limit_is_shown(desk: FrontDesk) -> None:
    assert len(found(desk, "1", limit=2)) <= 2
    assert len(found(desk, "3", limit=2)) == 2


def test_phone_and_identity_number_are_masked(desk: FrontDesk) -> None:
    view = holders.holder(desk.estate, DESK, desk.owner)
    assert view.phone == "139****1201"
    assert view.id_number == "*" * 14 + "9991"
    assert view.agreements[0].plate == "粤B****34"
    assert view.name == "王秀兰"


def test_a_kiosk_sees_a_masked_name(desk: FrontDesk) -> None:
    _, card = desk.owners_card()
    assert holders.card_by_uid(desk.estate, KIOSK, card.uid).holder_name == "王**"
    assert holders.card_by_uid(desk.estate, DESK, card.uid).holder_name == "王秀兰"


def test_a_holder_shows_all_his_cards_newest_first(desk: FrontDesk) -> None:
    numbers = [desk.issue(desk.owner, blank()).number for _ in range(2)]
    view = holders.holder(desk.estate, DESK, desk.owner)
    assert [card.number for card in view.cards] == numbers[::-1]


def test_unknown_holders_and_cards_are_not_found(desk: FrontDesk) -> None:
    with pytest.raises(NotFound):
        holders.holder(desk.estate, DESK, 99)
    with pytest.raises(NotFound):
        holders.card_by_number(desk.estate, DESK, 99)
    with pytest.raises(NotFound):
        holders.card_by_uid(desk.estate, DESK, bytes(4))


def sign_on(estate: Estate, token: str) -> str:
    return stations.sign_on(estate, token).station


def test_a_station_is_known_by_its_token_only(desk: FrontDesk) -> None:
    token = setup.register_station(desk.estate, "desk-9", StationKind.DESK)
    assert sign_on(desk.estate, token) == "desk-9"
    for wrong in (token + "x", token[:-1], "desk-9.", "desk-9", "", ".", "nobody.secret"):
        with pytest.raises(NotSignedOn):
            sign_on(desk.estate, wrong)


def test_a_new_token_ends_the_old_one(desk: FrontDesk) -> None:
    old = setup.register_station(desk.estate, "gate-9", StationKind.GATE)
    new = setup.register_station(desk.estate, "gate-9", StationKind.GATE)
    assert sign_on(desk.estate, new) == "gate-9"
    with pytest.raises(NotSignedOn):
        sign_on(desk.estate, old)


@pytest.mark.parametrize("name", ["", "desk.1"])
def test_a_stations_id_holds_no_dot(desk: FrontDesk, name: str) -> None:
    with pytest.raises(ValueError, match="dot"):
        setup.register_station(desk.estate, name, StationKind.DESK)


def test_two_units_or_agreements_do_not_share_a_name(desk: FrontDesk) -> None:
    with pytest.raises(Conflict):
        setup.register_unit(desk.estate, "3-1201", (0,))
    with pytest.raises(Conflict):
        desk.sign("CW-1", desk.owner)


def test_the_desks_search_puts_no_statement_together_anew(desk: FrontDesk) -> None:
    """What a page asks for each key pressed is prepared once: the question, and what is shown."""
    asked: list[object] = []

    def seen(_connection: object, statement: object, *_: object) -> None:
        asked.append(statement)

    event.listen(desk.estate.engine, "before_execute", seen)
    for query in ("秀兰", "3-1201", "9999", "王 1201", "2单元1201", "a1234", "1"):
        people.list_people(
            desk.estate, DESK, query=query, holder_class=None, standing="all", page=0
        )
    event.remove(desk.estate.engine, "before_execute", seen)
    assert asked == []


@pytest.mark.parametrize("many", [0, 1, MOST, MOST + 1, 2 * MOST + 3])
def test_a_list_of_any_length_is_asked_for_in_places(desk: FrontDesk, many: int) -> None:
    with writing(desk.estate, SETUP) as turn:
        filed = {"name": "何", "holder_class": HolderClass.OWNER, "phone": "", "id_number": ""}
        rows = [turn.add(HolderRow(**filed)) for _ in range(many)]
        turn.session.flush()
        ids = [row.id for row in rows]
        given = list(filled(ids))
        assert [len(some) for some in given] == [MOST] * -(-many // MOST)
        assert set().union(*(some.values() for some in given)) == set(ids)
        assert live_card_counts(turn.session, ids) == {}
    views = desk.issue(desk.owner, blank()), desk.issue(desk.owner, blank())
    with reading(desk.estate, SETUP) as turn:
        assert live_card_counts(turn.session, [*ids, desk.owner]) == {desk.owner: len(views)}
