"""Japanese words of notifier's mails that code must choose: the date pattern and the sender's name."""

DATE_PATTERN = "%Y年%m月%d日"
SENDER_NAME = "NACCSサポートシステム"
