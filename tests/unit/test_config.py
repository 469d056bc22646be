"""Defaults of the configuration, which are made without pydantic's validators."""

from bamsd import config


def test_the_defaults_are_what_an_empty_section_gives() -> None:
    assert config.defaults() == config.Config.model_validate({"tape": {}, "audit": {}, "paths": {}})


def test_a_library_without_a_serial_number_has_the_default_settings() -> None:
    """Some changers report none, and the file cannot name them."""
    settings = config.defaults().tape.of("")
    assert (settings.serial, settings.move_timeout_s, settings.ignore) == ("", 900, False)
