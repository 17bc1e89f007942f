"""Japanese words of notifier's mails that code must choose: the date pattern, the sender's name, the mark of a test."""

DATE_PATTERN = "%Y年%m月%d日"
SENDER_NAME = "NACCSサポートシステム"
TEST_PREFIX = "【送信テスト】"
