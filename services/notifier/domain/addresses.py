"""Which addresses may reach a mail header or an SMTP command."""

import re
from functools import lru_cache

LONGEST_LOCAL_PART, LONGEST_ADDRESS = 64, 254
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDR_SPEC = re.compile(rf"{ATOM}(?:\.{ATOM})*@{LABEL}(?:\.{LABEL})*")


class UnsafeAddress(ValueError):
    """An address that must not reach a mail header or an SMTP command."""


# Each address is asked about where it is written: in a header, and in what is said to the mail server.
@lru_cache(maxsize=256)
def checked_address(address: str) -> str:
    """The address, if it is a plain addr-spec: dot-atoms in ASCII, nothing quoted, nothing beside it (S18).

    What passes is read as itself by every parser; a test compares with the standard library's.
    """
    local, _, _ = address.rpartition("@")
    if not ADDR_SPEC.fullmatch(address) or len(local) > LONGEST_LOCAL_PART or len(address) > LONGEST_ADDRESS:
        raise UnsafeAddress("not a plain e-mail address")
    return address
