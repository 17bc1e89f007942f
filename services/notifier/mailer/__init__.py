"""What leaves the house and comes back: mails over SMTP, bounces over LMTP, posts to the receivers of hooks."""

from services.notifier.mailer.bounce_intake import BounceIntake, LmtpReply
from services.notifier.mailer.connections import PoolLimits, SmtpSecurity, SmtpServer
from services.notifier.mailer.conversation import OutgoingMail
from services.notifier.mailer.delivery import Mailer, SmtpMailer
from services.notifier.mailer.hook_posting import Posting

__all__ = [
    "BounceIntake",
    "LmtpReply",
    "Mailer",
    "OutgoingMail",
    "PoolLimits",
    "Posting",
    "SmtpMailer",
    "SmtpSecurity",
    "SmtpServer",
]
