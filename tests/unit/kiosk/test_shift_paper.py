"""From what the server says of a shift to its papers: no word of a program stands on them."""

from datetime import UTC, datetime

from cardserver.domain.shift import HoldKind
from cardserver.domain.verification import Paper
from cardserver.wire_shifts import Hold, ShiftReport, ZView
from kiosk.desk.shiftpaper import z_paper
from kiosk.station.paper import Letterhead
from printer.layout import preview
from printer.profile import load_profile

HEAD = Letterhead(company="翠湖物业服务有限公司", station="前台1", phone="0755-8000 1234")
AT = datetime(2025, 6, 9, 10, 5, tzinfo=UTC)


def test_a_copy_left_without_a_folder_is_called_by_its_chinese_name_park_08a() -> None:
    report = ShiftReport(
        shift_number=1,
        station="desk-1",
        operator="张晓",
        opened_at=AT,
        until=AT,
        float_fen=0,
        movements=(),
        earned=(),
        papers=(),
        expected_fen=0,
        closed_by="张晓",
        left_open=(
            Hold(kind=HoldKind.FILING, subject=Paper.VEHICLE_LICENCE),
            Hold(kind=HoldKind.REGISTER, subject="F1 000018"),
        ),
    )
    z = ZView(number=1, at=AT, report=report, previous=bytes(32), hash=bytes(32))
    shown = preview(z_paper(HEAD, z), load_profile("generic-80"))
    assert "资料待归档 行驶证" in shown
    assert "登记表待签名 F1 000018" in shown
