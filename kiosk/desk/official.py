"""Words that stand on printed forms: they stay Chinese, whatever language the screen speaks."""

from typing import Final

from cardserver.domain.rights import HolderClass

CLASSES: Final = {
    HolderClass.OWNER: "业主",
    HolderClass.FAMILY: "家属",
    HolderClass.TENANT: "租户",
    HolderClass.MERCHANT: "商户",
    HolderClass.STAFF: "员工",
}
