"""Command line of the daemon: ``bamsd [--config FILE] [--check-config FILE] [--version]``."""

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path

import bamsd
from bamsd import config
from bamsd.daemon import Daemon
from bamsd.errors import BamsError, NotFound
from bamsd.system import systemd

EX_CONFIG = 78
"""Exit code for a bad configuration (sysexits.h). The unit does not restart on it."""


def main() -> int:
    arguments = _parser().parse_args()
    if arguments.check_config:
        return _check(arguments.check_config)
    try:
        settings = _load(arguments.config)
    except BamsError as error:
        print(f"bamsd: {error.message}", file=sys.stderr)
        return EX_CONFIG
    _log(settings.log_level)
    try:
        return asyncio.run(Daemon(settings, arguments.config or config.DEFAULT_PATH).run())
    except BamsError as error:
        logging.getLogger(bamsd.__name__).error("%s", error.message)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bamsd", description="The daemon of BAMS. It serves org.bams on the system bus."
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help=f"configuration file (default: {config.DEFAULT_PATH})"
    )
    parser.add_argument("--check-config", type=Path, metavar="FILE", help="check a configuration file, and end")
    parser.add_argument("--version", action="version", version=f"bamsd {bamsd.__version__}")
    return parser


def _check(path: Path) -> int:
    try:
        config.load(path)
    except BamsError as error:
        print(error.message, file=sys.stderr)
        return EX_CONFIG
    print(f"{path}: good")
    return 0


def _load(path: Path | None) -> config.Config:
    """The named file must exist. Without a name, no file means that every default holds."""
    try:
        return config.load(path or config.DEFAULT_PATH)
    except NotFound:
        if path is not None:
            raise
        return config.defaults()


def _log(level: str) -> None:
    handler: logging.Handler = (
        systemd.journal_handler() if os.environ.get("JOURNAL_STREAM") else logging.StreamHandler()
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("bamsd").setLevel(level.upper())


if __name__ == "__main__":
    sys.exit(main())
