"""Words of the live view."""

from collections.abc import Mapping

from services.review.domain.flow import FlowLevel, FlowPlace, FlowStation

FLOW_STATION_TEXTS: Mapping[FlowStation, str] = {
    FlowStation.INTAKE: "申込受付",
    FlowStation.REVIEW: "審査",
    FlowStation.PROVISIONING: "メールボックス発行",
    FlowStation.NOTIFIER: "通知メール",
}

FLOW_PLACE_TEXTS: Mapping[FlowPlace, str] = {
    FlowPlace.HELD_EVENTS: "保留イベント",
    FlowPlace.DEAD_LETTERS: "処理不能イベント",
    FlowPlace.UNDER_REVIEW: "審査中",
    FlowPlace.CLARIFICATION: "確認依頼中",
    FlowPlace.ISSUE_FAILED: "発行できずに差戻し",
    FlowPlace.UNPUBLISHED: "未送信イベント",
    FlowPlace.AWAITING_ISSUE: "承認済み・発行待ち",
    FlowPlace.AWAITING_START: "審査終了・利用開始待ち",
    FlowPlace.AWAITING_MAIL: "送信結果待ちの申込",
    FlowPlace.MAIL_DEFERRED: "再送待ち（24時間以内）",
    FlowPlace.MAIL_FAILED: "送信失敗（24時間以内）",
}

FLOW_LEVEL_TEXTS: Mapping[FlowLevel, str] = {
    FlowLevel.CALM: "正常",
    FlowLevel.LATE: "遅れ",
    FlowLevel.TROUBLE: "要対応",
}
