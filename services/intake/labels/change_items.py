"""Words of the items of a contract change, and why most cannot be chosen here (S5)."""

from collections.abc import Mapping

from services.intake.domain.change_items import ChangeItem, ItemGroup

CHANGE_ITEM_CAPTIONS: Mapping[ChangeItem, str] = {
    ChangeItem.NAMES_AND_ADDRESS: "企業名、事業所名、所在地等",
    ChangeItem.CONTRACT_HOLDER: "契約者名、契約者の役職",
    ChangeItem.HEAD_OFFICE: "本社情報（所在地、電話番号等）",
    ChangeItem.SYSTEM_ADMINISTRATOR: "システム管理責任者の情報（電話番号、緊急連絡用FAX番号）",
    ChangeItem.BUSINESS_CATEGORY: "利用業種（追加・変更・削除）",
    ChangeItem.USER_CODE: "利用者コード（追加・変更・削除）",
    ChangeItem.IDENTIFICATION_NUMBER: "識別番号（追加・削除）",
    ChangeItem.NET_TERMINALS: "netNACCS端末の登録情報（追加・削除）",
    ChangeItem.CERTIFICATES: "webNACCS証明書の登録情報（追加・削除）",
    ChangeItem.LINES: "一般NACCS回線の登録情報（追加・変更・廃止）",
    ChangeItem.MAILBOX_COUNT: "一般NACCSのメールボックス数（追加・廃止）",
    ChangeItem.PRICE_PLAN: "料金プラン（AプランまたはBプランの選択）",
    ChangeItem.STATISTICS: "管理統計資料（有料分・無料分）",
    ChangeItem.BONDED_RECORD_STORAGE: "保税管理資料保存サービス（要・不要）",
    ChangeItem.BILLING_ADDRESS: "請求書送付先",
    ChangeItem.BILLING_CONTACT: "請求先担当者",
    ChangeItem.PAYMENT_METHOD: "支払の方法（口座振替・銀行振込）",
    ChangeItem.SHARED_EQUIPMENT: "機器共用（追加・解除）",
    ChangeItem.JOINT_USE: "共同利用（追加・解除）",
    ChangeItem.JOINT_USE_NEW_OFFICE: "共同利用（新規事業所）",
    ChangeItem.TRANSFER: "事業所間の登録情報の移動（付替。付替先事業所コードもお知らせください）",
    ChangeItem.SUCCESSION: "地位の承継",
    ChangeItem.TERMINATION: "契約解除・事業所廃止",
}

ITEM_GROUP_CAPTIONS: Mapping[ItemGroup, str] = {
    ItemGroup.OFFICES: "本社・事業所の変更",
    ItemGroup.USERS: "利用業種・利用者コード等の変更",
    ItemGroup.NET: "端末・証明書の変更（netNACCS）",
    ItemGroup.LINES_AND_MAILBOXES: "回線・端末等の変更（一般NACCS）",
    ItemGroup.PRICE_PLAN: "料金プランの変更",
    ItemGroup.STATISTICS: "管理統計資料の変更",
    ItemGroup.STORAGE: "保税管理資料保存サービスの変更",
    ItemGroup.BILLING: "請求先の変更",
    ItemGroup.OTHER: "その他の契約変更",
}

ITEM_GROUP_REASONS: Mapping[ItemGroup, str] = {
    ItemGroup.OFFICES: (
        "企業情報は同一企業略称の全事業所の情報を変更するため、この画面では申込できません。業務窓口で承ります。"
        "回線を利用している事業所が移転する場合は、回線の登録情報もあわせてお申し出ください。"
    ),
    ItemGroup.USERS: "利用者コードと識別番号はセンターが付与するため、この画面では申込できません。業務窓口で承ります。",
    ItemGroup.NET: "端末と証明書の登録は、この画面では申込できません。業務窓口で承ります。",
    ItemGroup.LINES_AND_MAILBOXES: "回線の登録情報は、この画面では申込できません。業務窓口で承ります。",
    ItemGroup.PRICE_PLAN: "料金プランは月単位の変更となるため、この画面では申込できません。業務窓口で承ります。",
    ItemGroup.STATISTICS: "管理統計資料（有料分・無料分）は、この画面では申込できません。業務窓口で承ります。",
    ItemGroup.STORAGE: (
        "管理統計資料（有料分）の申込みが必要となるため、この画面では申込できません。あわせて業務窓口で承ります。"
    ),
    ItemGroup.BILLING: "請求先の変更は、この画面では申込できません。業務窓口で承ります。",
    ItemGroup.OTHER: (
        "事前にNACCSセンターへのお問い合わせが必要なため、この画面では申込できません。"
        "また、上記の変更と同時に行うことはできません。両方の変更を行いたい場合は、再度変更申込を行っていただきます。"
    ),
}
"""Why the items of a group that are not live cannot be chosen here."""
