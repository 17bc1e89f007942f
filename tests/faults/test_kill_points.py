"""Services killed with -9 at the points where a crash hurts most; a supervisor starts them again, nobody repairs."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

from deploy.local.demo.clients import ApplicantClient
from shared.contracts.envelope import source_of
from shared.contracts.topics import SERVICES, ServiceName
from tests.conftest import Report
from tests.faults.stubborn_people import (
    all_done,
    all_duplicates_absorbed,
    all_taken_up,
    apply,
    approve,
    at_last,
    process,
    rests_without_violation,
)
from tests.faults.supervisor import KILLED, arm, death_of, start, supervised
from tests.topic_invariants import count_repeats
from tests.town import PASSWORD, Town, until


def some_offices(town: Town) -> Sequence[str]:
    """Enough applications to see mistakes between them."""
    return town.offices[2:5]


async def test_intake_killed_after_its_commit_gives_the_same_form_the_same_number(town: Town, report: Report) -> None:
    office = some_offices(town)[0]
    armed = await arm(town, {"intake": {"NSS_FAILPOINT": "intake.after-commit-before-reply"}})
    async with ApplicantClient(town.urls["intake"], town.urls["provisioning"]) as client:
        await client.log_in(office, PASSWORD)
        check = await client.fill_form(await client.open_form(), town.typed(office))
        async with supervised(town) as watch:
            number = await at_last(lambda: client.register(check), "registering")
    town.shown.append(number)
    assert watch.exit_codes == {"intake": [KILLED]}, armed
    known = await town.rows(
        "intake", "select receipt_number from applications where office_code = $1 order by receipt_number", office
    )
    assert known[-1]["receipt_number"] == number
    assert {row["receipt_number"] for row in known} <= set(town.shown)
    await approve(town, [number])
    await all_done(town, [number])
    await rests_without_violation(town)
    report(applications=1, killed=watch.exit_codes)


async def test_every_relay_killed_after_sending_repeats_events_and_no_effect(town: Town, report: Report) -> None:
    broker = town.stack.state.broker
    before = await count_repeats(broker)
    await arm(town, {service: {"NSS_FAILPOINT": "relay.after-send-before-delete"} for service in SERVICES})
    async with supervised(town) as watch:
        numbers = await process(town, some_offices(town))
        await watch.all_have_ended(SERVICES)
    assert watch.exit_codes == {service: [KILLED] for service in SERVICES}

    async def sent_again() -> Mapping[ServiceName, int] | None:
        after = await count_repeats(broker)
        repeats = {service: after[source_of(service)] - before[source_of(service)] for service in SERVICES}
        return repeats if all(repeats.values()) else None

    repeats = await until(sent_again, "every relay to send again what it had sent")
    await rests_without_violation(town)
    absorbed = await all_duplicates_absorbed(town)
    report(applications=len(numbers), killed=watch.exit_codes, sent_again=repeats, absorbed=absorbed)


async def test_every_consumer_killed_after_its_commit_absorbs_the_redelivery(town: Town, report: Report) -> None:
    failpoint = {"NSS_FAILPOINT": "consumer.after-commit-before-offset-commit"}
    others = [service for service in SERVICES if service != "provisioning"]
    await arm(town, dict.fromkeys(others, failpoint))
    async with supervised(town, others) as watch:
        numbers = await asyncio.gather(*(apply(town, office) for office in some_offices(town)))
        await all_taken_up(town, numbers)
        # Only now: of what comes before the approvals, provisioning's consumer has nothing to commit.
        armed = await arm(town, {"provisioning": failpoint})
        await approve(town, numbers)
        assert await death_of(armed["provisioning"]) == KILLED
        start(town, "provisioning")
        await all_done(town, numbers)
        await watch.all_have_ended(others)
    assert watch.exit_codes == {service: [KILLED] for service in others}

    async def recognised() -> dict[str, int] | None:
        absorbed = await all_duplicates_absorbed(town)
        return absorbed if all(absorbed.values()) else None

    absorbed = await until(recognised, "every consumer to recognise what it had consumed")
    await rests_without_violation(town)
    report(applications=len(numbers), killed=SERVICES, absorbed=absorbed)


async def test_provisioning_killed_before_its_commit_has_issued_nothing_and_issues_later(
    town: Town, report: Report
) -> None:
    armed = await arm(town, {"provisioning": {"NSS_FAILPOINT": "provisioning.between-allocation-and-commit"}})
    numbers = [await apply(town, office) for office in some_offices(town)]
    await approve(town, numbers)
    assert await death_of(armed["provisioning"]) == KILLED
    ledger = "select receipt_number from mailboxes where receipt_number = any($1)"
    assert await town.rows("provisioning", ledger, numbers) == []
    start(town, "provisioning")
    await all_done(town, numbers)
    issued = Counter(row["receipt_number"] for row in await town.rows("provisioning", ledger, numbers))
    assert issued == dict.fromkeys(numbers, 1)
    await rests_without_violation(town)
    report(applications=len(numbers), mailboxes=issued.total())


async def test_notifier_killed_after_smtp_accepted_sends_those_mails_once_more_under_the_same_id(
    town: Town, report: Report
) -> None:
    armed = await arm(town, {"notifier": {"NSS_FAILPOINT": "notifier.after-smtp-accepted-before-marked"}})
    numbers = [await apply(town, office) for office in some_offices(town)]
    assert await death_of(armed["notifier"]) == KILLED
    start(town, "notifier")
    await approve(town, numbers)
    await all_done(town, numbers)
    ambiguous = await town.rows(
        "notifier", "select message_key, attempts from mails where ambiguous and receipt_number = any($1)", numbers
    )
    copies = town.mail_copies()
    assert ambiguous
    twice = [row for row in ambiguous if copies[row["message_key"]] == 2]
    assert twice
    assert {copies[row["message_key"]] for row in ambiguous} <= {1, 2}
    await rests_without_violation(town)
    report(applications=len(numbers), mails=4 * len(numbers), twice=len(twice))
