"""Which accounts differ between the ledger and the mail server."""

from services.provisioning.domain.drift import DriftFault, DriftFinding, ExportedAccount, find_drift
from shared.kernel.identifiers import MailboxId

FIRST, SECOND = MailboxId("NAC00101"), MailboxId("NAC00102")


def test_two_equal_lists_do_not_differ() -> None:
    assert find_drift({FIRST: "a", SECOND: None}, [ExportedAccount(SECOND, "b"), ExportedAccount(FIRST, "a")]) == ()


def test_a_password_is_compared_only_where_both_sides_tell_it() -> None:
    assert find_drift({FIRST: "a"}, [ExportedAccount(FIRST)]) == ()
    assert find_drift({FIRST: "a"}, [ExportedAccount(FIRST, "b")]) == (DriftFinding(DriftFault.CHANGED, FIRST),)


def test_missing_extra_and_repeated_accounts_are_named_in_order() -> None:
    exported = [ExportedAccount("nac00101"), ExportedAccount(SECOND), ExportedAccount(SECOND)]
    assert find_drift({FIRST: None, SECOND: None}, exported) == (
        DriftFinding(DriftFault.MISSING, FIRST),
        DriftFinding(DriftFault.REPEATED, SECOND),
        DriftFinding(DriftFault.EXTRA, "nac00101"),
    )
