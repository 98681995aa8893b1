"""What the panel's calls do to printers, the acceptor and the lanes."""

from io import BytesIO

from flask.testing import FlaskClient
from PIL import Image

from simulators.acceptor_path import Stage
from tests.unit.simulators.panel.bench_site import BenchSite, look, post

CUT = b"\x1dV\x00"
RECEIPT = b"\x1b@\x1c&" + "收据 20.00\n".encode("gb18030") + b"\n\n\n" + CUT
POLL = bytes.fromhex("7F8001071202")  # as printed in ITL's GA138


# --- printers


def test_sheets_are_numbered_and_can_be_seen_and_read(client: FlaskClient, site: BenchSite) -> None:
    printer = site.printers["desk"]
    for _ in range(2):
        printer.receive(RECEIPT)
    assert look(client)["printers"]["desk"]["sheets"] == 2
    picture = client.get("/api/printers/desk/sheets/2.png")
    assert picture.mimetype == "image/png"
    with Image.open(BytesIO(picture.data)) as drawn:
        assert drawn.format == "PNG"
        assert drawn.width > printer.model.dots
    text = client.get("/api/printers/desk/sheets/1.txt")
    assert text.mimetype == "text/plain"
    assert "收据 20.00" in text.get_data(as_text=True)


def test_numbers_stay_when_the_printer_forgets_old_sheets(
    client: FlaskClient, site: BenchSite
) -> None:
    line = b"%d\n" + CUT
    for number in range(1, 503):
        site.printers["desk"].receive(line % number)
        if number == 400:
            assert look(client)["printers"]["desk"]["sheets"] == 400
    assert look(client)["printers"]["desk"]["sheets"] == 502
    assert client.get("/api/printers/desk/sheets/502.txt").text == "502\n"
    assert client.get("/api/printers/desk/sheets/3.txt").text == "3\n"
    assert client.get("/api/printers/desk/sheets/2.txt").status_code == 404


def test_the_paper_that_still_hangs_can_be_seen_and_torn_off(
    client: FlaskClient, site: BenchSite
) -> None:
    site.printers["kiosk"].receive(RECEIPT.removesuffix(CUT))
    state = look(client)["printers"]["kiosk"]
    assert (state["sheets"], state["hanging"]) == (0, True)
    assert "收据" in client.get("/api/printers/kiosk/sheets/hanging.txt").text
    assert client.get("/api/printers/kiosk/sheets/hanging.png").data.startswith(b"\x89PNG")
    told = post(client, "printers/kiosk/tear-off")
    assert (told["sheets"], told["hanging"]) == (1, False)


def test_a_printer_is_opened_and_shut_and_silenced(client: FlaskClient, site: BenchSite) -> None:
    told = post(client, "printers/desk/condition", cover_open=True)
    assert (told["condition"]["cover_open"], told["stopped"]) == (True, True)
    site.printers["desk"].receive(RECEIPT)
    assert site.printers["desk"].sheets == []
    told = post(client, "printers/desk/condition", cover_open=False, mute=True)
    assert (told["condition"]["mute"], told["stopped"], told["sheets"]) == (True, False, 1)
    assert site.printers["desk"].receive(b"\x10\x04\x01") == b""
    post(client, "printers/desk/condition", mute=False)
    assert site.printers["desk"].receive(b"\x10\x04\x01") != b""


def test_paper_ends_at_once_after_bytes_and_is_refilled(
    client: FlaskClient, site: BenchSite
) -> None:
    post(client, "printers/desk/paper-ends", after_bytes=6)
    site.printers["desk"].receive(b"abc\nde\nfg\n" + CUT)
    state = look(client)["printers"]["desk"]
    assert (state["condition"]["paper_out"], state["sheets"]) == (True, 0)
    told = post(client, "printers/desk/refill")
    assert (told["condition"]["paper_out"], told["sheets"]) == (False, 2)
    told = post(client, "printers/desk/condition", paper_out=True)
    assert told["stopped"] is True


# --- the banknote acceptor


def test_a_note_offered_to_a_closed_machine_stays_in_the_hand(client: FlaskClient) -> None:
    assert post(client, "acceptor/insert", fen=1000)["returned_fen"] == [1000]
    assert post(client, "acceptor/insert", foreign=True)["returned_fen"] == [1000, 0]
    assert post(client, "acceptor/pull-back")["came_out"] is False


def test_a_jam_is_made_and_cleared(client: FlaskClient) -> None:
    assert post(client, "acceptor/jam", safe=True)["stage"] == Stage.JAMMED
    assert post(client, "acceptor/clear-jam")["stage"] == Stage.EMPTY


def test_the_stacker_is_full_until_the_cashbox_was_out(client: FlaskClient) -> None:
    assert post(client, "acceptor/fill")["stacker_full"] is True
    told = post(client, "acceptor/cashbox", inside=False)
    assert (told["cashbox_in"], told["taken_fen"]) == (False, [])
    told = post(client, "acceptor/cashbox", inside=True)
    assert (told["cashbox_in"], told["stacker_full"]) == (True, False)


def test_power_is_cut_now_and_comes_back(client: FlaskClient) -> None:
    assert post(client, "acceptor/power", on=False)["powered"] is False
    assert post(client, "acceptor/power", on=False)["powered"] is False
    assert post(client, "acceptor/power", on=True)["powered"] is True


def test_power_can_be_cut_after_commands(client: FlaskClient, site: BenchSite) -> None:
    assert post(client, "acceptor/power", on=False, after_commands=1)["powered"] is True
    assert site.acceptor.receive(POLL) == b""
    assert look(client)["acceptor"]["powered"] is False
    assert post(client, "acceptor/power", on=True)["powered"] is True
    assert site.acceptor.receive(POLL) != b""
