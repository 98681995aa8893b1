"""The card register as the paper form 7.5.1-G01-01-F1, in official Chinese (IC-19)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from cardserver.domain.cardreport import Reporter
from cardserver.domain.ids import card_number_text
from cardserver.domain.register import FORM_CODE, FORM_TITLE
from cardserver.domain.signature import SignedHow
from cardserver.wire_register import RegisterPage, RegisterRowView, RowQuery
from kiosk.station import printed
from kiosk.station.clock import ESTATE_ZONE
from printer.form import Align, Amount, Cell, Column, Drawing, Form, Section, Signature, rows_of

MAX_PRINTED: Final = 5000
"""Rows on one print or in one export; a longer time is printed in parts."""

SHORT_HASH: Final = 16
"""Hex digits of the chain's head at the foot of the form, for `yika verify-journal --noted`."""

_COLUMNS: Final = (
    Column(title="序号", width=0.5, align=Align.RIGHT),
    Column(title="日期时间", width=1.15),
    Column(title="岗位/经办人", width=0.85),
    Column(title="业务", width=0.85),
    Column(title=printed.HOLDER, width=0.95),
    Column(title="类别/关系", width=0.7),
    Column(title=printed.UNIT, width=0.85),
    Column(title=f"{printed.CARD}/芯片号", width=1.5),
    Column(title=f"原{printed.CARD}", width=1.0),
    Column(title="权限", width=0.55),
    Column(title="有效期起/止", width=1.15),
    Column(title=printed.PROOF, width=1.25),
    Column(title="金额", width=0.7, align=Align.RIGHT),
    Column(title=printed.RECEIPT, width=0.75),
    Column(title="异常及原因", width=1.0),
    Column(title="领取人签名", width=1.5),
    Column(title=printed.APPROVER, width=0.75),
    Column(title=printed.REMARK, width=1.2),
)

_ID_HEAD: Final = 8


def register_form(
    rows: Sequence[RegisterRowView],
    query: RowQuery,
    *,
    estate: str,
    head: RegisterPage,
    now: datetime,
) -> Form:
    """The form over these rows. At its foot stands the chain's head, by which it can be proven."""
    open_rows = sum(row.open for row in rows)
    facts = [*_asked(query), ("行数", str(len(rows)))]
    if open_rows:
        facts.append((printed.NOT_SIGNED, str(open_rows)))
    if len(rows) >= MAX_PRINTED:
        facts.append(("说明", "行数较多，请分段打印其余部分"))
    facts.append(("打印", f"{now.astimezone(ESTATE_ZONE):%Y-%m-%d %H:%M}"))
    return Form(
        title=FORM_TITLE,
        code=FORM_CODE,
        estate=estate,
        facts=tuple(facts),
        sections=(Section(columns=_COLUMNS, rows=rows_of(_cells(row) for row in rows)),),
        signatures=(Signature(label="经办人"), Signature(label=printed.FRONT_DESK_HEAD)),
        footer=f"登记链 第{head.head_number}行 {head.head_hash.hex()[:SHORT_HASH]}",
        landscape=True,
    )


def _asked(query: RowQuery) -> list[tuple[str, str]]:
    facts = []
    if query.day is not None:
        last = query.last_day or query.day
        until = "" if last == query.day else f" 至 {last.isoformat()}"
        facts.append(("日期", f"{query.day.isoformat()}{until}"))
    if query.unit:
        facts.append((printed.UNIT, query.unit))
    if query.card:
        facts.append((printed.CARD, card_number_text(query.card)))
    if query.open_only:
        facts.append(("范围", f"{printed.NOT_SIGNED}的行"))
    if query.abnormal_only:
        facts.append(("范围", "异常的行"))
    return facts or [("范围", "全部")]


def _cells(row: RegisterRowView) -> Iterable[Cell]:
    holder_class = printed.CLASSES[row.holder_class] if row.holder_class else ""
    return (
        row.number,
        row.at.astimezone(ESTATE_ZONE),
        _lines(row.station, row.operator),
        printed.REGISTER_KINDS[row.kind],
        row.holder_name,
        _lines(holder_class, row.relation),
        row.unit,
        _lines(_card(row.card_number), row.chip.upper()),
        _card(row.former_card),
        _lines(*(printed.RIGHTS[right.kind] for right in row.rights)),
        _lines(
            "" if row.valid_from is None else row.valid_from.isoformat(),
            "" if row.valid_to is None else row.valid_to.isoformat(),
        ),
        _proof(row),
        Amount(fen=row.fee_fen) if row.fee_fen else "",
        row.receipt,
        _abnormal(row),
        _signed(row),
        row.approver,
        _remark(row),
    )


def _abnormal(row: RegisterRowView) -> str:
    if not row.abnormal:
        return "否"
    return _lines("异常", *(printed.ABNORMAL[reason] for reason in row.abnormal))


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _card(number: int | None) -> str:
    return "" if number is None else card_number_text(number)


def _proof(row: RegisterRowView) -> str:
    proof = row.proof
    known = {str(paper): words for paper, words in printed.PAPERS_SEEN.items()}
    papers = "、".join(known.get(paper, paper) for paper in proof.papers)
    return _lines(
        printed.METHODS[proof.method] if proof.method else "",
        papers,
        f"电话记录 {proof.phone_record_id[:_ID_HEAD]}" if proof.phone_record_id else "",
        f"申请 {proof.approval_id[:_ID_HEAD]}" if proof.approval_id else "",
        f"存档 {proof.paper_folder}" if proof.paper_folder else "",
    )


def _signed(row: RegisterRowView) -> Cell:
    signature = row.signature
    if signature is None:
        return "" if row.signer is None else f"（{printed.NOT_SIGNED}）{row.recipient}"
    who = f"{signature.signed_by}{printed.SIGNERS[signature.signer]}"
    if signature.how is SignedHow.PAPER:
        return f"{who}\n纸质登记 第{signature.page}页第{signature.line}行"
    return Drawing(strokes=signature.strokes, words=who)


def said_remark(remark: str, say: Callable[[str], str]) -> str:
    """A remark as it is read: what people wrote as it stands, words of ours as `say` has them."""
    return "：".join(_said(part, say) for part in remark.split(": "))


def _said(part: str, say: Callable[[str], str]) -> str:
    """A report begins with who made it, and goes on with the name."""
    who, _, rest = part.partition(" ")
    return f"{say(who)} {rest}" if rest and who in set(Reporter) else say(part)


def _printed(word: str) -> str:
    return printed.REASONS.get(word) or printed.REPORTERS.get(word) or word


def _remark(row: RegisterRowView) -> str:
    refers = f"见第{row.refers_to}行" if row.refers_to else ""
    amended = ""
    if row.amendment is not None:
        change = row.amendment
        amended = f"{printed.AMENDED[change.column]}：{change.before or '（空）'} → {change.after}"
    followed = "、".join(f"第{number}行" for number in row.followed_by)
    remark = said_remark(row.remark, _printed)
    return _lines(refers, amended, remark, f"后续：{followed}" if followed else "")
