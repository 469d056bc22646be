"""What loses data, or changes a whole host, is done only when its name is given twice."""

from bamsd.errors import InvalidArgument, shown


def confirmed(given: str, name: str, doing: str) -> None:
    """Raises InvalidArgument when the option confirm is not the name. ``doing`` is what was asked for."""
    if given != name:
        raise InvalidArgument(
            f"To {doing}, repeat the call with the option confirm set to its name: {shown(name, 300)}."
        )
