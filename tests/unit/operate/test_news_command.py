"""`nss news`: what is wrong with an item is said before anybody is asked."""

import pytest

from deploy.errors import CommandError
from deploy.operate import news_command
from services.intake.domain.news import NewsCategory


def test_a_category_that_does_not_exist_is_named_with_those_that_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(_service: str) -> str:
        pytest.fail("a service was looked for")

    monkeypatch.setattr(news_command, "service_url", asked)
    with pytest.raises(CommandError) as refused:
        news_command.post("NAC001", "gossip", "請求額が確定しました。")
    assert str(refused.value) == (
        "gossip is no category of news; there are use_application, system_setting, charge, certificate"
    )


@pytest.mark.parametrize("category", NewsCategory)
def test_every_category_is_taken_and_stands_in_the_help(
    category: NewsCategory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news_command, "service_url", lambda _service: "http://intake")
    news_command.post("NAC001", category.value, "請求額が確定しました。", dry_run=True)
    [option] = [each.help for each in news_command.post.__annotations__["category"].__metadata__]
    assert category.value in option
