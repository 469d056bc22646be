"""The options of a call, checked. Apart from wire.py, so that a client does not load pydantic."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bamsd.bus.wire import text
from bamsd.errors import InvalidArgument

M = TypeVar("M", bound=BaseModel)


def checked(model: type[M], given: Mapping[str, Any]) -> M:
    """The options of a call as its model. An unknown key, a wrong type or range is refused by name."""
    try:
        return model.model_validate(given, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "options"
        known = ", ".join(sorted(model.model_fields)) or "none"
        if first["type"] == "extra_forbidden":
            raise InvalidArgument(f"There is no option {text(key)!r}. Known options: {known}.") from None
        raise InvalidArgument(f"Option {text(key)!r} is wrong: {first['msg']}.") from None
