"""Everything SMTP: handing mails in, and taking bounces over LMTP."""

from services.notifier.mailer.bounce_intake import BounceIntake, LmtpReply
from services.notifier.mailer.connections import PoolLimits, SmtpSecurity, SmtpServer
from services.notifier.mailer.delivery import Mailer, SmtpMailer

__all__ = ["BounceIntake", "LmtpReply", "Mailer", "PoolLimits", "SmtpMailer", "SmtpSecurity", "SmtpServer"]
