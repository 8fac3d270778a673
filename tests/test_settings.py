"""What the environment says, and what is said when it says something wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from exitd.errors import ConfigurationError
from exitd.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)


def test_given_nothing_when_read_then_it_is_where_the_unit_puts_things():
    settings = read_settings()

    assert settings.config == Path("/etc/exitd/exitd.yaml")
    assert settings.socket == Path("/run/exitd/exitd.sock")
    assert settings.state_folder is None
    assert settings.watchdog_usec is None


def test_given_variables_of_a_service_when_read_then_they_are_taken(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("NOTIFY_SOCKET", "@notify")
    monkeypatch.setenv("WATCHDOG_USEC", "10000000")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/exitd.service")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/exitd:/var/lib/other")
    monkeypatch.setenv("JOURNAL_STREAM", "8:123")

    settings = read_settings()

    assert settings.notify_socket == "@notify"
    assert settings.watchdog_usec == 10_000_000
    assert settings.credentials_directory == Path("/run/credentials/exitd.service")
    assert settings.state_folder == Path("/var/lib/exitd")
    assert settings.journal_stream == "8:123"


def test_given_state_of_a_person_when_read_then_it_comes_before_the_unit(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/exitd")
    monkeypatch.setenv("EXITD_STATE", "/srv/exitd")

    assert read_settings().state_folder == Path("/srv/exitd")


def test_given_empty_variable_when_read_then_it_counts_as_none(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("EXITD_URL", "")
    monkeypatch.setenv("WATCHDOG_USEC", "")

    settings = read_settings()

    assert settings.url is None
    assert settings.watchdog_usec is None


def test_given_token_when_shown_then_it_cannot_be_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EXITD_TOKEN", "not-for-the-log")

    settings = read_settings()

    assert settings.token is not None
    assert settings.token.reveal() == "not-for-the-log"
    assert "not-for-the-log" not in f"{settings!r} {settings}"


def test_given_wrong_variables_when_read_then_each_is_named_and_no_value_shown(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("EXITD_URL", "ftp://user:password@host")
    monkeypatch.setenv("WATCHDOG_USEC", "soon")

    with pytest.raises(ConfigurationError) as caught:
        read_settings()

    url, watchdog = caught.value.findings
    assert url.startswith("environment variable EXITD_URL cannot be used (")
    assert url.endswith("; correct it or unset it.")
    assert "WATCHDOG_USEC" in watchdog
    assert "password" not in str(caught.value)
