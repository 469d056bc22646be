"""A fake systemd-creds (systemd 252 and 257): what is sealed cannot be read by eye, and opens under its name only."""

import base64
import json
import sys

KEY = 0x5A
WRONG_NAME = "Embedded credential name '{}' does not match filename '{}', refusing.\n"
NOT_SEALED = "Failed to read encrypted credential data: Broken pipe\n"


def seal(name: str, plain: bytes) -> str:
    packed = json.dumps([name, plain.decode("latin-1")]).encode()
    return base64.encodebytes(bytes(byte ^ KEY for byte in packed)).decode()


def unseal(name: str, sealed: bytes) -> bytes:
    """Raises ValueError with what the program says."""
    try:
        found, plain = json.loads(bytes(byte ^ KEY for byte in base64.b64decode(sealed, validate=False)))
    except ValueError:
        raise ValueError(NOT_SEALED) from None
    if found != name:
        raise ValueError(WRONG_NAME.format(found, name))
    return str(plain).encode("latin-1")


def main() -> None:
    verb, *options, source, _ = sys.argv[1:]
    name = next(option.removeprefix("--name=") for option in options if option.startswith("--name="))
    if verb == "encrypt":
        assert source == "-"
        sys.stdout.write(seal(name, sys.stdin.buffer.read()))
        return
    try:
        with open(source, "rb") as file:
            sys.stdout.buffer.write(unseal(name, file.read()))
    except ValueError as error:
        sys.stderr.write(str(error))
        sys.exit(1)
