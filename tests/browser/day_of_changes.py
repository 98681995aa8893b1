"""The rarer half of a day at the desk: cards that come back, and files that change.

Each chapter goes on where the one before it left the counter, and ends with what the register says.
"""

from datetime import date

from playwright.sync_api import FilePayload, Page, expect

from cardserver.domain.register import RegisterKind
from cardserver.domain.rights import CardStatus, RightKind
from cardserver.wire_register import RowQuery
from tests.browser.clerk import (
    explain,
    find,
    leave,
    pay,
    press,
    seal_and_hand_over,
    step,
    tick_papers,
    write,
)
from tests.browser.day import Day, hands_over_with_invoices
from tests.unit.cardserver.people.workbooks import workbook

FAMILY = "李㼆"
NEW_OWNER = "宋雨"
COLUMNS = ("房号", "业主姓名", "联系电话", "身份证号")
_SUSPECTED = "clone-suspected"


def entered(day: Day, name: str) -> list[RegisterKind]:
    """What the register has of a card, by its name, the latest last."""
    number = day.served.tell.card(name).number
    rows = day.served.site.counter.server.register.rows(RowQuery(card=number)).rows
    return [row.kind for row in sorted(rows, key=lambda row: row.number)]


def sells_a_card_for_the_car(day: Day) -> None:
    """PARK-03, FEE-10: a card of its own beside the door card; two papers, and invoices."""
    page, served = day.page, day.served
    find(page, "陈立", "陈立")
    day.on(day.button("办新车卡"))
    expect(step(page)).to_contain_text("核对身份")
    tick_papers(page)
    page.keyboard.press("Enter")
    pay(page, "200", checked=True)
    served.tell.blank("car", "desfire-ev2")
    served.tell.lay("car", "desk")
    write(page)
    seal_and_hand_over(page)
    hands_over_with_invoices(day, "05000101 07000307")
    explain(page)
    leave(page)
    served.tell.lift("desk")
    rights = served.tell.card("car").rights
    assert {kind: right.last for kind, right in rights.items()} == {
        RightKind.PARKING: date(2025, 6, 8)
    }


def allows_a_card_again(day: Day) -> None:
    """IC-23a: blocked on a suspicion, not as lost; whoever shows it has it back."""
    page, served = day.page, day.served
    number = served.tell.card("tenant").number
    served.site.counter.server.block(number, _SUSPECTED)
    find(page, "陈立", "陈立")
    expect(page.locator(f"#card-{number}")).to_contain_text("疑被复制")
    page.get_by_label("看到了什么").press_sequentially("读了两次，是一张卡")
    day.on(day.button("看过卡，恢复使用"))
    expect(page.locator(f"#card-{number}")).to_contain_text("正常")
    assert served.tell.card("tenant").status is CardStatus.LIVE
    assert entered(day, "tenant")[-2:] == [RegisterKind.BLOCK, RegisterKind.UNBLOCK]


def formats_a_found_card(day: Day) -> None:
    """IC-23a: the lost one turns up after all, says whose it was, and goes to the blanks."""
    page, served = day.page, day.served
    served.tell.lay("owner", "desk")
    expect(page.locator("#reader")).to_contain_text("登记在 王秀兰 名下")
    day.on(day.button("登记捡到并格式化"))
    formats(day)
    served.tell.lift("desk")
    assert served.tell.card("owner").status is CardStatus.RETURNED
    assert entered(day, "owner")[-2:] == [RegisterKind.FOUND, RegisterKind.FORMATTED]


def formats(day: Day) -> None:
    """What can't be undone takes a tick, and Enter."""
    page = day.page
    expect(step(page)).to_contain_text("写卡")
    day.focused(page.locator("#sure"))
    for key in ("Space", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#work")).to_contain_text("办好了")
    leave(page)


def takes_a_card_back(day: Day) -> None:
    """IC-23a: the lodger moves out; his card is denied at once, and formatted."""
    page, served = day.page, day.served
    opens_the_cards_page(day, "lodger")
    day.on(page.locator("#sure-returned"), "Space")
    page.keyboard.press("Enter")
    formats(day)
    served.tell.lift("desk")
    assert served.tell.card("lodger").status is CardStatus.RETURNED
    assert entered(day, "lodger")[-2:] == [RegisterKind.RETURNED, RegisterKind.FORMATTED]


def swaps_a_card_within_the_home(day: Day) -> None:
    """IC-23a: the sister's card is given back so that another of the household has it."""
    page, served = day.page, day.served
    before = served.tell.card("sister's second").number
    opens_the_cards_page(day, "sister's second")
    chosen = page.locator("#for-swapped")
    chosen.focus()
    page.keyboard.type(FAMILY)
    expect(chosen).to_contain_text(FAMILY)
    day.on(page.locator("#sure-swapped"), "Space")
    page.keyboard.press("Enter")
    formats(day)
    find(page, FAMILY, FAMILY)
    press(page, "F3", "核对身份")
    press(page, "Enter", "说明价格")
    pay(page)
    write(page)
    seal_and_hand_over(page)
    explain(page)
    leave(page)
    served.tell.lift("desk")
    card = served.tell.card("sister's second")
    assert (card.holder_name, card.status) == (FAMILY, CardStatus.LIVE)
    assert card.number > before
    assert entered(day, "sister's second") == [RegisterKind.NEW_ISSUE]


def opens_the_cards_page(day: Day, name: str) -> None:
    """The card on the reader brings its holder's sheet; one link further is what may be done."""
    page, tell = day.page, day.served.tell
    tell.lay(name, "desk")
    expect(page.locator("[data-card][data-selected]")).to_contain_text("在读卡器上")
    day.on(page.locator("[data-card][data-selected]").get_by_role("link", name="退卡、换人"))
    page.wait_for_url("**/desk/approvals/card/*")
    expect(page.locator("h1")).to_contain_text("正常")


def takes_over_owner_data(day: Day) -> None:
    """A table is looked at line by line before it is taken over: first CSV, then XLSX."""
    page, people = day.page, day.served.site.counter.server.people
    day.go("人员与房屋", "人员与房屋")
    day.on(page.get_by_role("link", name="导入业主资料"))
    lines = [COLUMNS, ("6栋0101", "郑文", "13800000601", ""), ("6栋0102", "", "13800000602", "")]
    table = "".join(",".join(line) + "\n" for line in lines).encode("gb18030")
    sends(page, {"name": "业主.csv", "mimeType": "text/csv", "buffer": table})
    expect(page.locator("#import table")).to_contain_text("郑文")
    expect(page.locator("#import table")).to_contain_text("未采用")
    page.keyboard.press("F2")
    expect(page.locator("main")).to_contain_text("新增 1 人，更新 0 人")

    day.on(page.get_by_role("link", name="返回"))
    changed = workbook((COLUMNS, ("6栋0101", "郑文", "13800000699", "")))
    sends(page, {"name": "业主.xlsx", "mimeType": "application/zip", "buffer": changed})
    expect(page.locator("#import table")).to_contain_text("更新")
    page.keyboard.press("F2")
    expect(page.locator("main")).to_contain_text("新增 0 人，更新 1 人")
    (found,) = people.people("郑文").people
    assert (found.unit, found.phone[-4:]) == ("6栋0101", "0699")
    day.to_the_counter()


def sends(page: Page, file: FilePayload) -> None:
    """The field has the keyboard; a key opens the system's own choice, and the next sends it."""
    expect(page.locator("#file")).to_be_focused()
    with page.expect_file_chooser() as choice:
        page.keyboard.press("Space")
    choice.value.set_files(file)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(file["name"])


def changes_the_owner(day: Day) -> None:
    """IC-22: who leaves is listed with cards and spaces; one key ends them, and she moves in."""
    page, served = day.page, day.served
    unit = served.site.counter.server.people.units("1201").units[0].unit_id
    day.go("人员与房屋", "人员与房屋")
    day.on(page.get_by_role("link", name="房屋", exact=True))
    day.focused(page.locator("#q"))
    day.type("1201")
    expect(page.locator("[data-found]")).to_have_count(1)
    day.on(page.locator("[data-found]"))
    expect(page.locator("h1")).to_have_text("3栋2单元1201")
    page.keyboard.press("F4")
    expect(page.locator("h1")).to_contain_text("业主变更")
    for name in ("王秀兰", FAMILY, "粤B"):
        expect(page.locator("main")).to_contain_text(name)
    day.focused(page.locator("#f-name"))
    day.type(NEW_OWNER, "13900001299")
    day.on(day.button("确认过户"))
    expect(page.locator("h1")).to_have_text("3栋2单元1201")
    expect(page.locator("main")).to_contain_text(NEW_OWNER)
    home = served.site.counter.server.people.household(unit).current
    assert {each.name: each.ends for each in home} == {
        NEW_OWNER: None,
        **dict.fromkeys(("王秀兰", FAMILY, "王小妹"), date(2025, 5, 9)),
    }
    assert entered(day, "owner's second")[-1] is RegisterKind.RIGHTS_ENDED
    day.to_the_counter()
