"""How long everybody keeps what is about people, unless an installation says otherwise (domain rules, section 16)."""

CONTACT_DAYS = 400
"""People's names and addresses, counted from the end of their application."""
MAIL_DAYS = 90
"""The text of a mail, counted from its sending."""
AUDIT_YEARS = 7
"""Who logged in, decided and looked."""
