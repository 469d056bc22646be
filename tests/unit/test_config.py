"""Defaults of the configuration, which are made without pydantic's validators."""

import pytest
from pydantic import ValidationError

from bamsd import config


def test_the_defaults_are_what_an_empty_section_gives() -> None:
    assert config.defaults() == config.Config.model_validate({"tape": {}, "audit": {}, "paths": {}})


def test_a_library_without_a_serial_number_has_the_default_settings() -> None:
    """Some changers report none, and the file cannot name them."""
    settings = config.defaults().tape.of("")
    assert (settings.serial, settings.move_timeout_s, settings.ignore) == ("", 900, False)


@pytest.mark.parametrize(
    "address", ["-oQ/tmp", "a b", "a\nBcc: b", "", "a@b@c", "a,b", "|/bin/sh", "/var/x", "x" * 300]
)
def test_an_address_cannot_become_an_option_a_program_or_a_header(address: str) -> None:
    for mail in ({"to": [address]}, {"to": ["root"], "from": address}):
        if address or "from" not in mail:
            with pytest.raises(ValidationError):
                config.MailSettings.model_validate(mail)


@pytest.mark.parametrize(
    "settings", [{"mail": {"sendmail": "sendmail"}}, {"hook": {"command": ["tell"]}}, {"hook": {"user": "-x"}}]
)
def test_programs_are_named_by_their_full_path(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        config.AlertSettings.model_validate(settings)


def test_the_addresses_that_people_use_are_taken() -> None:
    to = ["root", "anna.b+backup@example.org", "x_y@a-b.example"]
    assert config.MailSettings.model_validate({"to": to, "from": "bams@vault"}).to == tuple(to)
