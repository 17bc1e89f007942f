"""Every event model is classified, described, immutable, tolerant of newer producers and unable to hold a secret."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, get_args
from uuid import UUID

import pytest
from pydantic import BaseModel, Secret, SecretBytes, SecretStr, TypeAdapter, ValidationError

from shared.contracts.event_data import (
    EventData,
    EventPart,
    MailboxId,
    OfficeCode,
    ReceiptNumber,
    SecretInEvent,
    format_instant,
    personal,
    public,
)
from shared.contracts.intake_events import ApplicationReceived
from shared.contracts.notifier_events import Mail, MailSent
from shared.contracts.operation_events import RedriveRequested
from shared.contracts.provisioning_events import IssueFailure, MailboxIssueFailed
from shared.contracts.registry import EVENT_MODELS, KNOWN_MAJOR, LETTER_EVENTS, PRODUCED_BY, producers_of
from shared.contracts.topics import APPLICATION, CONTRACT, OPERATION, SERVICES

MODELS = list(EVENT_MODELS.values())
JAPANESE = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
TOPICS_WITH_PERSONAL_DATA = {CONTRACT.name, APPLICATION.name}

each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.ce_type)


def parts_of(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The model and every model nested in it."""
    yield model
    for field in model.model_fields.values():
        for part in _models_in(field.annotation):
            yield from parts_of(part)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def data_class(model: type[BaseModel], field: str) -> Any:
    extra = model.model_fields[field].json_schema_extra
    return extra.get("x-data-class") if isinstance(extra, dict) else None


def test_the_registry_knows_every_model_once() -> None:
    listed = [model for models in PRODUCED_BY.values() for model in models] + list(LETTER_EVENTS)
    assert len(listed) == len(set(listed)) == len(EVENT_MODELS) == 36
    defined = {model for base in _subclasses(EventData) for model in [base] if "ce_type" in vars(base)}
    assert {model for model in defined if model.__module__.startswith("shared.")} == set(listed)


def _subclasses(base: type[Any]) -> Iterator[type[Any]]:
    for child in base.__subclasses__():
        yield child
        yield from _subclasses(child)


@each_model
def test_a_types_name_begins_with_its_topic_or_says_why(model: type[EventData]) -> None:
    form = re.fullmatch(r"nss\.([a-z]+)\.([a-z]+(?:-[a-z]+)*)\.v([1-9])", model.ce_type)
    assert form is not None
    assert f"nss.{form[1]}.v{form[3]}" == model.topic.name
    assert int(form[3]) == KNOWN_MAJOR


@each_model
def test_who_publishes_a_type_may_write_its_topic(model: type[EventData]) -> None:
    assert producers_of(model)
    assert set(producers_of(model)) <= set(model.topic.producers)


def test_letter_events_come_from_every_service() -> None:
    for model in LETTER_EVENTS:
        assert producers_of(model) == SERVICES
        assert model.topic is OPERATION


@each_model
def test_every_field_has_a_data_class_and_a_sentence_in_english(model: type[EventData]) -> None:
    for part in parts_of(model):
        assert part.__doc__
        assert not JAPANESE.search(part.__doc__)
        for name, field in part.model_fields.items():
            assert data_class(part, name) in ("public", "business", "personal"), f"{part.__name__}.{name}"
            assert field.description, f"{part.__name__}.{name}"
            assert field.description.endswith("."), f"{part.__name__}.{name}"
            assert len(field.description) >= len("Fax."), f"{part.__name__}.{name}"
            assert not JAPANESE.search(field.description), f"{part.__name__}.{name}"


@each_model
def test_personal_data_stands_in_the_contract_and_application_topics_only(model: type[EventData]) -> None:
    holds_personal = any(data_class(part, name) == "personal" for part in parts_of(model) for name in part.model_fields)
    if holds_personal:
        assert model.topic.name in TOPICS_WITH_PERSONAL_DATA


@each_model
def test_a_field_that_holds_personal_data_inside_is_personal_itself(model: type[EventData]) -> None:
    for part in parts_of(model):
        for name, field in part.model_fields.items():
            inner = [p for nested in _models_in(field.annotation) for p in parts_of(nested)]
            if any(data_class(p, n) == "personal" for p in inner for n in p.model_fields):
                assert data_class(part, name) == "personal", f"{part.__name__}.{name}"


@each_model
def test_people_are_always_personal(model: type[EventData]) -> None:
    for part in parts_of(model):
        for name in part.model_fields:
            if name in ("email", "family_name", "given_name", "family_name_kana", "given_name_kana", "phone", "fax"):
                assert data_class(part, name) == "personal", f"{part.__name__}.{name}"


@each_model
def test_no_field_is_named_like_a_secret_or_open_to_anything(model: type[EventData]) -> None:
    for part in parts_of(model):
        for name, field in part.model_fields.items():
            if name != "password_reissue":
                assert not re.search(r"passw|secret|token|credential|hash|key\b", name), f"{part.__name__}.{name}"
            assert not {Any, object, dict, bytes} & {field.annotation, *get_args(field.annotation)}, name


@pytest.mark.parametrize(
    "secret_type",
    [SecretStr, SecretBytes, Secret[str], Secret[int], SecretStr | None, list[SecretStr], dict[str, SecretBytes]],
    ids=str,
)
@pytest.mark.parametrize("base", [EventData, EventPart])
def test_a_model_with_a_secret_cannot_even_be_defined(base: type[BaseModel], secret_type: Any) -> None:
    with pytest.raises(SecretInEvent, match=r"Leak\.password"):
        type("Leak", (base,), {"__annotations__": {"password": Annotated[secret_type, public("A secret.")]}})


def test_a_model_without_a_secret_can_be_defined() -> None:
    class Harmless(EventPart):
        """A part."""

        name: Annotated[str | None, personal("A name.")] = None

    assert Harmless(name="x").name == "x"


@each_model
def test_events_are_immutable_and_drop_fields_they_do_not_know(model: type[EventData]) -> None:
    for part in parts_of(model):
        assert part.model_config.get("frozen") is True
        assert part.model_config.get("extra") == "ignore"


def a_mail_sent(**changed: Any) -> dict[str, Any]:
    return {
        "receipt_number": "260001A", "mail": "M1", "role": "contact", "template_version": 1,
        "message_id": "<1@x.example>", "attempts": 1, "sent_at": "2026-11-24T01:15:32.310Z", **changed,
    }  # fmt: skip


def test_fields_of_a_newer_producer_are_ignored() -> None:
    assert MailSent.model_validate(a_mail_sent(colour="red")) == MailSent.model_validate(a_mail_sent())


def test_a_code_that_a_newer_producer_added_is_kept_as_its_text() -> None:
    sent = MailSent.model_validate(a_mail_sent(mail="M13"))
    assert sent.mail == "M13"
    assert sent.mail not in list(Mail)
    assert '"mail":"M13"' in sent.model_dump_json()
    assert {Mail.M1: "known"}.get(sent.mail, "unknown") == "unknown"
    failed = MailboxIssueFailed.model_validate(
        {"receipt_number": "260001A", "revision": 1, "office_code": "NAC001", "reason_code": "new", "remaining": 0}
    )
    assert failed.reason_code not in list(IssueFailure)


@pytest.mark.parametrize("mail", [1, None, ["M1"], {}])
def test_a_code_that_is_no_text_is_refused(mail: Any) -> None:
    with pytest.raises(ValidationError):
        MailSent.model_validate(a_mail_sent(mail=mail))


def test_a_code_that_decides_what_to_do_must_be_known() -> None:
    instruction = {
        "service": "intake", "event_id": str(UUID(int=7)), "action": "replay", "operator": "o", "reason": "r",
    }  # fmt: skip
    RedriveRequested.model_validate(instruction)
    with pytest.raises(ValidationError):
        RedriveRequested.model_validate({**instruction, "action": "explode"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("receipt_number", "260001a"), ("receipt_number", "260001A\n"), ("sent_at", "2026-11-24T01:15:32"),
        ("sent_at", "soon"), ("attempts", "many"), ("ambiguous", None),
    ],
)  # fmt: skip
def test_malformed_fields_are_refused(field: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        MailSent.model_validate(a_mail_sent(**{field: value}))


@pytest.mark.parametrize(
    ("identifier", "text"),
    [(OfficeCode, "NAC01"), (MailboxId, "NAC00100"), (MailboxId, "NAC00101\n"), (ReceiptNumber, "２60001A")],
    ids=str,
)
def test_identifiers_are_checked_wherever_they_stand(identifier: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(identifier).validate_python(text)


def test_instants_are_published_in_utc_with_milliseconds_and_kept_to_the_millisecond() -> None:
    sent = MailSent.model_validate(a_mail_sent(sent_at="2026-11-24T10:15:32.310999+09:00"))
    assert sent.sent_at == datetime(2026, 11, 24, 1, 15, 32, 310_000, tzinfo=UTC)
    assert '"sent_at":"2026-11-24T01:15:32.310Z"' in sent.model_dump_json()
    assert format_instant(sent.sent_at + timedelta(microseconds=999)) == "2026-11-24T01:15:32.310Z"


def test_correction_holds_everything_that_a_receipt_holds() -> None:
    corrected = EVENT_MODELS["nss.application.corrected.v1"]
    added = {"corrected_at", "answers_clarification_id"}
    assert set(corrected.model_fields) == set(ApplicationReceived.model_fields) | added
