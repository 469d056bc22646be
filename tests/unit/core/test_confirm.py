import pytest

from bamsd.core.confirm import confirmed
from bamsd.errors import InvalidArgument


def test_only_the_very_name_confirms() -> None:
    confirmed("thick", "thick", "delete repository thick")
    for wrong in ("", "Thick", "thick ", "yes"):
        with pytest.raises(InvalidArgument, match=r"^To delete .* option confirm set to its name: thick\.$"):
            confirmed(wrong, "thick", "delete repository thick")
