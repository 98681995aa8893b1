"""The card register as the paper form 7.5.1-G01-01-F1, in official Chinese (IC-19)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from cardserver.domain.ids import card_number_text
from cardserver.domain.register import (
    FORM_CODE,
    FORM_TITLE,
    AbnormalReason,
    Correctable,
    RegisterKind,
)
from cardserver.domain.rights import RightKind
from cardserver.domain.signature import SignedHow, Signer
from cardserver.domain.verification import Paper, VerificationMethod
from cardserver.wire_register import RegisterPage, RegisterRowView, RowQuery
from kiosk.desk.official import CLASSES
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
    Column(title="持卡人", width=0.95),
    Column(title="类别/关系", width=0.7),
    Column(title="房号", width=0.85),
    Column(title="卡号/芯片号", width=1.5),
    Column(title="原卡号", width=1.0),
    Column(title="权限", width=0.55),
    Column(title="有效期起/止", width=1.15),
    Column(title="依据", width=1.25),
    Column(title="金额", width=0.7, align=Align.RIGHT),
    Column(title="收据号", width=0.75),
    Column(title="异常及原因", width=1.0),
    Column(title="领取人签名", width=1.5),
    Column(title="批准人", width=0.75),
    Column(title="备注", width=1.2),
)
KINDS: Final = {
    RegisterKind.NEW_ISSUE: "新发卡",
    RegisterKind.EXTENSION: "延期",
    RegisterKind.FREE_REPLACEMENT: "免费更换",
    RegisterKind.PAID_REPLACEMENT: "付费换卡",
    RegisterKind.STAFF_ISSUE: "员工发卡",
    RegisterKind.STAFF_REAUTHORISED: "员工卡重新授权",
    RegisterKind.LOSS_REPORT: "挂失",
    RegisterKind.APPRAISAL: "损坏鉴定",
    RegisterKind.BLOCK: "停用",
    RegisterKind.UNBLOCK: "恢复",
    RegisterKind.SCRAPPED: "空白卡报废",
    RegisterKind.WRITE_FAILURE: "写卡未成功",
    RegisterKind.CANCELLED: "取消",
    RegisterKind.PARKING_ADDED: "加停车权限",
    RegisterKind.FORMATTED: "格式化",
    RegisterKind.RETURNED: "退卡",
    RegisterKind.FOUND: "拾回",
    RegisterKind.SWAPPED: "换人",
    RegisterKind.RIGHTS_ENDED: "终止权限",
    RegisterKind.HANDED_ON: "部门内移交",
    RegisterKind.CORRECTION: "更正",
    RegisterKind.UNSIGNED: "交班未签名",
}
_REASONS: Final = {
    AbnormalReason.PHONE_CONFIRMED: "电话核实发放",
    AbnormalReason.MERCHANT_LENGTH: "商户期限非一年",
    AbnormalReason.FREE_REPLACEMENT: "免费更换",
    AbnormalReason.LOSS: "遗失",
    AbnormalReason.DAMAGE: "损坏",
    AbnormalReason.WRITE_FAILURE: "写卡未成功",
    AbnormalReason.SCRAPPED: "空白卡报废",
    AbnormalReason.CANCELLED: "取消发放",
    AbnormalReason.HEAD_OVERRIDE: "负责人特批",
    AbnormalReason.UNSIGNED: "交班未签名",
}
_METHODS: Final = {
    VerificationMethod.OWNER_RECORD: "业主资料核对",
    VerificationMethod.PHONE: "电话核实",
    VerificationMethod.OWNER_PRESENT: "业主到场",
    VerificationMethod.LEASE: "租赁合同",
    VerificationMethod.APPLICATION: "申请已批准",
}
_PAPERS: Final = {
    Paper.ID_CARD: "身份证",
    Paper.ID_COPY: "身份证复印件",
    Paper.LEASE: "租赁合同",
    Paper.SEALED_APPLICATION: "盖章申请书",
    Paper.APPLICATION_FORM: "申请表",
    Paper.APPROVAL: "批准签字",
    Paper.DRIVING_LICENCE: "驾驶证",
    Paper.VEHICLE_LICENCE: "行驶证",
}
_SIGNERS: Final = {
    Signer.HOLDER: "",
    Signer.REPRESENTATIVE: "（代领）",
    Signer.SECTION_HEAD: "（部门负责人）",
}
_AMENDED: Final = {
    Correctable.HOLDER_NAME: "持卡人",
    Correctable.RELATION: "关系",
    Correctable.UNIT: "房号",
    Correctable.PROOF: "依据",
    Correctable.RECEIPT: "收据号",
    Correctable.APPROVER: "批准人",
    Correctable.REMARK: "备注",
}
_RIGHTS: Final = {RightKind.DOOR: "门禁", RightKind.PARKING: "停车"}
_REMARKS: Final = {
    "issue": "发卡",
    "add-parking": "加停车权限",
    "top-up": "充值",
    "extend": "延期",
    "replace": "换卡",
    "format": "格式化",
    "undone-by-clerk": "前台撤销",
    "customer-left": "顾客离开",
    "card-not-returned": "卡未放回",
    "being replaced": "换卡停用旧卡",
    "lost": "遗失",
    "found": "拾回",
    "card-full": "卡片空间不足",
    "card-foreign": "非本系统空白卡",
}
"""Words that the stations give as reasons, as they stand on paper."""

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
        facts.append(("未签名", str(open_rows)))
    if len(rows) >= MAX_PRINTED:
        facts.append(("说明", "行数较多，请分段打印其余部分"))
    facts.append(("打印", f"{now.astimezone(ESTATE_ZONE):%Y-%m-%d %H:%M}"))
    return Form(
        title=FORM_TITLE,
        code=FORM_CODE,
        estate=estate,
        facts=tuple(facts),
        sections=(Section(columns=_COLUMNS, rows=rows_of(_cells(row) for row in rows)),),
        signatures=(Signature(label="经办人"), Signature(label="前台负责人")),
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
        facts.append(("房号", query.unit))
    if query.card:
        facts.append(("卡号", card_number_text(query.card)))
    if query.open_only:
        facts.append(("范围", "未签名的行"))
    if query.abnormal_only:
        facts.append(("范围", "异常的行"))
    return facts or [("范围", "全部")]


def _cells(row: RegisterRowView) -> Iterable[Cell]:
    holder_class = CLASSES[row.holder_class] if row.holder_class else ""
    return (
        row.number,
        row.at.astimezone(ESTATE_ZONE),
        _lines(row.station, row.operator),
        KINDS[row.kind],
        row.holder_name,
        _lines(holder_class, row.relation),
        row.unit,
        _lines(_card(row.card_number), row.chip.upper()),
        _card(row.former_card),
        _lines(*(_RIGHTS[right.kind] for right in row.rights)),
        _lines(
            "" if row.valid_from is None else row.valid_from.isoformat(),
            "" if row.valid_to is None else row.valid_to.isoformat(),
        ),
        _proof(row),
        Amount(fen=row.fee_fen) if row.fee_fen else "",
        row.receipt,
        _lines("异常", *(_REASONS[reason] for reason in row.abnormal)) if row.abnormal else "否",
        _signed(row),
        row.approver,
        _remark(row),
    )


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _card(number: int | None) -> str:
    return "" if number is None else card_number_text(number)


def _proof(row: RegisterRowView) -> str:
    proof = row.proof
    known = {str(paper): words for paper, words in _PAPERS.items()}
    papers = "、".join(known.get(paper, paper) for paper in proof.papers)
    return _lines(
        _METHODS[proof.method] if proof.method else "",
        papers,
        f"电话记录 {proof.phone_record_id[:_ID_HEAD]}" if proof.phone_record_id else "",
        f"申请 {proof.approval_id[:_ID_HEAD]}" if proof.approval_id else "",
        f"存档 {proof.paper_folder}" if proof.paper_folder else "",
    )


def _signed(row: RegisterRowView) -> Cell:
    signature = row.signature
    if signature is None:
        return "" if row.signer is None else f"（未签名）{row.recipient}"
    who = f"{signature.signed_by}{_SIGNERS[signature.signer]}"
    if signature.how is SignedHow.PAPER:
        return f"{who}\n纸质登记 第{signature.page}页第{signature.line}行"
    return Drawing(strokes=signature.strokes, words=who)


def said_remark(remark: str) -> str:
    """A remark as it is read: what people wrote as it stands, the stations' words in Chinese."""
    return "：".join(_REMARKS.get(part, part) for part in remark.split(": "))


def _remark(row: RegisterRowView) -> str:
    refers = f"见第{row.refers_to}行" if row.refers_to else ""
    amended = ""
    if row.amendment is not None:
        change = row.amendment
        amended = f"{_AMENDED[change.column]}：{change.before or '（空）'} → {change.after}"
    followed = "、".join(f"第{number}行" for number in row.followed_by)
    return _lines(refers, amended, said_remark(row.remark), f"后续：{followed}" if followed else "")
