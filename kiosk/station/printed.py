"""Words that stand on printed papers and forms. They stay Chinese, whatever the screen speaks.

One table for receipts, slips, reports of a shift, F1 and F2: a thing has one name on all of them.
What is said only once (a heading, a sentence) stands where it is printed.
"""

from enum import StrEnum
from typing import Final

from cardserver.domain.appraisal import Finding
from cardserver.domain.cardreport import Reporter, ReportKind
from cardserver.domain.document import DocumentKind
from cardserver.domain.operation import OperationKind
from cardserver.domain.plan import QuoteNote
from cardserver.domain.receiptbook import BookKind
from cardserver.domain.register import AbnormalReason, Correctable, RegisterKind
from cardserver.domain.review import Business, Decision, Leaving
from cardserver.domain.rights import HolderClass, RightKind
from cardserver.domain.sale import TenderKind
from cardserver.domain.shift import HoldKind
from cardserver.domain.signature import Signer
from cardserver.domain.tariff import ChargeItem
from cardserver.domain.verification import Paper, VerificationMethod
from printer.documents import RECEIPT_TITLE, SLIP_TITLE

HOLDER: Final = "持卡人"
FRONT_DESK_HEAD: Final = "前台负责人"
DEPARTMENT_HEAD: Final = "部门负责人"
CLASSES: Final = {
    HolderClass.OWNER: "业主",
    HolderClass.FAMILY: "家属",
    HolderClass.TENANT: "租户",
    HolderClass.MERCHANT: "商户",
    HolderClass.STAFF: "员工",
}
QR_CODE: Final = "[二维码]"
"""In the place of a code, where a paper is shown as text."""

RIGHTS: Final = {RightKind.DOOR: "门禁", RightKind.PARKING: "停车"}
ENDS_WITH: Final = {
    QuoteNote.ENDS_WITH_LEASE: "有效期与租赁合同同日到期。",
    QuoteNote.ENDS_WITH_HOLDER: "有效期与在职期限同日到期。",
    QuoteNote.ENDS_WITH_TENANT: "有效期与承租人本人的卡同日到期。",
    QuoteNote.ENDS_WITH_CONTRACT: "有效期与商铺合同同日到期。",
}

# --- money ---------------------------------------------------------------------------------------

ITEMS: Final[dict[str, str]] = {
    ChargeItem.CARD_COST: "IC卡工本费",
    ChargeItem.PARKING: "车位月租费",
    ChargeItem.TEMPORARY: "临时停车费",
    ChargeItem.OTHER: "其他收费",
    "kept": "待核对转收",  # what of money in suspense became the estate's
}
CREDIT: Final = "卡内余额"
WAYS_OF_PAYMENT: Final = {TenderKind.CASH_DESK: "现金", TenderKind.CASH_NOTE: "现金"}
PROVIDERS: Final = {"wechat": "微信支付", "alipay": "支付宝"}
DOCUMENTS: Final = {
    DocumentKind.FORMAL_RECEIPT: RECEIPT_TITLE,
    DocumentKind.TOP_UP_SLIP: SLIP_TITLE,
}
BOOKS: Final = {BookKind.FORMAL_RECEIPT: "收据", BookKind.QUOTA_INVOICE: "定额发票"}
LEFT_OPEN: Final = {HoldKind.REGISTER: "登记表待签名", HoldKind.FILING: "资料待归档"}
MOVEMENTS: Final = {
    "tender": "收款",
    "change": "找零",
    "refund": "退款",
    "drop": "上缴出纳",
    "loan": "借支",
    "credit-back": f"退付{CREDIT}",
    "counterfeit": "存疑钞票",
}
"""What moves in a drawer, in a shift's report."""

# --- card business -------------------------------------------------------------------------------

_ISSUE: Final = "新发卡"
_EXTEND: Final = "延期"
_LOSS: Final = "挂失"
_LOST: Final = "遗失"
_FOUND: Final = "拾回"
_RETURNED: Final = "退卡"
_SWAPPED: Final = "换人"
_FORMAT: Final = "格式化"
_ADD_PARKING: Final = "加停车权限"
_BLOCK: Final = "停用"
_SCRAPPED: Final = "空白卡报废"
_FREE: Final = "免费更换"
_WRITE_FAILURE: Final = "写卡未成功"
_UNSIGNED: Final = "交班未签名"

REGISTER_KINDS: Final = {
    RegisterKind.NEW_ISSUE: _ISSUE,
    RegisterKind.EXTENSION: _EXTEND,
    RegisterKind.FREE_REPLACEMENT: _FREE,
    RegisterKind.PAID_REPLACEMENT: "付费换卡",
    RegisterKind.STAFF_ISSUE: "员工发卡",
    RegisterKind.STAFF_REAUTHORISED: "员工卡重新授权",
    RegisterKind.LOSS_REPORT: _LOSS,
    RegisterKind.APPRAISAL: "损坏鉴定",
    RegisterKind.BLOCK: _BLOCK,
    RegisterKind.UNBLOCK: "恢复",
    RegisterKind.SCRAPPED: _SCRAPPED,
    RegisterKind.WRITE_FAILURE: _WRITE_FAILURE,
    RegisterKind.CANCELLED: "取消",
    RegisterKind.PARKING_ADDED: _ADD_PARKING,
    RegisterKind.FORMATTED: _FORMAT,
    RegisterKind.RETURNED: _RETURNED,
    RegisterKind.FOUND: _FOUND,
    RegisterKind.SWAPPED: _SWAPPED,
    RegisterKind.RIGHTS_ENDED: "终止权限",
    RegisterKind.HANDED_ON: "部门内移交",
    RegisterKind.CORRECTION: "更正",
    RegisterKind.UNSIGNED: _UNSIGNED,
}
BUSINESS: Final = {
    Business.ISSUE: _ISSUE,
    Business.EXTEND: _EXTEND,
    Business.REPLACE: "换补卡",
    Business.LOSS: _LOSS,
    Business.BLOCK: _BLOCK,
}
DECISIONS: Final = {Decision.BLOCK: _BLOCK, Decision.KEEP: "保留"}
ABNORMAL: Final = {
    AbnormalReason.PHONE_CONFIRMED: "电话核实发放",
    AbnormalReason.MERCHANT_LENGTH: "商户期限非一年",
    AbnormalReason.FREE_REPLACEMENT: _FREE,
    AbnormalReason.LOSS: _LOST,
    AbnormalReason.DAMAGE: "损坏",
    AbnormalReason.WRITE_FAILURE: _WRITE_FAILURE,
    AbnormalReason.SCRAPPED: _SCRAPPED,
    AbnormalReason.CANCELLED: "取消发放",
    AbnormalReason.HEAD_OVERRIDE: "负责人特批",
    AbnormalReason.UNSIGNED: _UNSIGNED,
}
LISTED_FOR: Final[dict[StrEnum | str, str]] = {
    Leaving.LEASE_ENDED: "租约到期",
    Leaving.HOUSEHOLD_LEFT: "原业主家庭已迁出",
    Leaving.STAFF_LEFT: "员工已离职",
    Leaving.CONTRACT_ENDED: "商户合同到期",
    Leaving.NO_CONTRACT: "商户无合同在册",
    "without-receipt": "无正式收据",
    "expired": "到期未延期",
    "no-agreement": "无车位协议",
    "agreement-ended": "车位协议到期",
    "unsigned": "登记行未签名",
    "let-in-denied": "已停用的卡仍放行",
    "pass-out": "备案期已过，未交回",
}
"""Why F2 lists a card."""

REASONS: Final[dict[StrEnum | str, str]] = {
    OperationKind.ISSUE: "发卡",
    OperationKind.ADD_PARKING: _ADD_PARKING,
    OperationKind.TOP_UP: "充值",
    OperationKind.EXTEND: _EXTEND,
    OperationKind.REPLACE: "换卡",
    OperationKind.FORMAT: _FORMAT,
    Finding.LOST: _LOST,
    Finding.MAN_MADE: "人为损坏",
    Finding.NOT_MAN_MADE: "非人为损坏",
    Finding.IN_DOUBT: "待负责人认定",
    ReportKind.FOUND: _FOUND,
    ReportKind.RETURNED: _RETURNED,
    ReportKind.SWAPPED: _SWAPPED,
    "undone-by-clerk": "前台撤销",
    "customer-left": "顾客离开",
    "card-not-returned": "卡未放回",
    "being replaced": "换卡停用旧卡",
    "card-full": "卡片空间不足",
    "card-foreign": "非本系统空白卡",
    "clone-suspected": "疑似被复制",
    "holder-ended": "登记已结束",
    "paid-in-part": "付款未完成",
    "goes-back-by-phone": "手机付款原路退回",
}
"""Words that stations and the server give as reasons."""

REPORTERS: Final[dict[StrEnum | str, str]] = {
    Reporter.HOLDER: HOLDER,
    Reporter.OWNER: CLASSES[HolderClass.OWNER],
    Reporter.HEAD: DEPARTMENT_HEAD,
    Reporter.FINDER: "拾到者",
}

METHODS: Final = {
    VerificationMethod.OWNER_RECORD: "业主资料核对",
    VerificationMethod.PHONE: "电话核实",
    VerificationMethod.OWNER_PRESENT: "业主到场",
    VerificationMethod.LEASE: "租赁合同",
    VerificationMethod.APPLICATION: "申请已批准",
}
PAPERS_SEEN: Final = {
    Paper.ID_CARD: "身份证",
    Paper.ID_COPY: "身份证复印件",
    Paper.LEASE: "租赁合同",
    Paper.SEALED_APPLICATION: "盖章申请书",
    Paper.APPLICATION_FORM: "申请表",
    Paper.APPROVAL: "批准签字",
    Paper.DRIVING_LICENCE: "驾驶证",
    Paper.VEHICLE_LICENCE: "行驶证",
}
SIGNERS: Final = {
    Signer.HOLDER: "",
    Signer.REPRESENTATIVE: "（代领）",
    Signer.SECTION_HEAD: f"（{DEPARTMENT_HEAD}）",
}

# --- columns of the forms ------------------------------------------------------------------------

UNIT: Final = "房号"
CARD: Final = "卡号"
PROOF: Final = "依据"
RECEIPT: Final = "收据号"
APPROVER: Final = "批准人"
REMARK: Final = "备注"
NOT_SIGNED: Final = "未签名"
AMENDED: Final = {
    Correctable.HOLDER_NAME: HOLDER,
    Correctable.RELATION: "关系",
    Correctable.UNIT: UNIT,
    Correctable.PROOF: PROOF,
    Correctable.RECEIPT: RECEIPT,
    Correctable.APPROVER: APPROVER,
    Correctable.REMARK: REMARK,
}
"""The column that a correction put right."""
