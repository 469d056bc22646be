"""Cockpit's web service for one simulated host: no log-in, a bridge of the person it runs as, and the built page."""

import asyncio
import json
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.browser.host import Host
from tests.bus.stack import LIMIT_S, TESTS

PAGE = TESTS.parent / "cockpit-bams" / "dist"
PROGRAMS = ("/usr/lib/cockpit/cockpit-ws", "/usr/libexec/cockpit-ws")
WAIT_S = 0.02


class CannotServe(Exception):
    """What is missing, in words for a person."""


def program() -> str:
    found = next((path for path in PROGRAMS if os.access(path, os.X_OK)), None)
    if not found or not shutil.which("cockpit-bridge"):
        raise CannotServe("Cockpit is not installed here. Install the packages cockpit-ws and cockpit-bridge.")
    return found


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def serving(
    host: Host, *, person: str = "", port: int = 0, follow: bool = False, bridge: str = "cockpit-bridge"
) -> AsyncIterator[str]:
    """
    Serve the page, and give its address. ``person`` is a user of this machine, for limited mode; else who runs this.

    ``follow`` shows the page as it is at each moment, for work on it; else it is a copy. Raises CannotServe.
    """
    page = _publish(host.stack.directory, follow=follow)
    port = port or free_port()
    home = _home(host.stack.directory, person)
    environment = _clean(host.stack.environment) | {
        "HOME": str(home),
        "XDG_DATA_HOME": str(page),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CONFIG_DIRS": str(page / "config"),
        "XDG_RUNTIME_DIR": str(home),
        "XDG_STATE_HOME": str(home / "state"),
    }
    # The bridge would start a bus of the session and an agent for keys, and leave both behind.
    environment |= {"DBUS_SESSION_BUS_ADDRESS": host.stack.address, "SSH_AUTH_SOCK": str(home / "no-agent")}
    argv = [program(), "--no-tls", "--address", "127.0.0.1", "--port", str(port), f"--local-session={bridge}"]
    if person:
        user = pwd.getpwnam(person)
        argv = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *argv]
    log = host.stack.directory / f"cockpit-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            env=environment,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        await _answers(port, process, log)
        yield f"http://127.0.0.1:{port}/cockpit/@localhost/bams/index.html"
    finally:
        await asyncio.to_thread(host.stack.end, process)


def _publish(directory: Path, *, follow: bool) -> Path:
    """A folder that is XDG_DATA_HOME: the page below cockpit/, and its settings below config/."""
    if not (PAGE / "index.html").exists():
        raise CannotServe("The page is not built. Run: make page")
    page = directory / "page"
    place = page / "cockpit" / "bams"
    if place.exists():
        return page
    place.parent.mkdir(parents=True)
    if follow:
        place.symlink_to(PAGE)
    else:
        shutil.copytree(PAGE, place)
    # On a real host the page hides where bamsd is not installed; here it must not ask that.
    override = page / "config" / "cockpit" / "bams.override.json"
    override.parent.mkdir(parents=True)
    override.write_text(json.dumps({"conditions": None}))
    return page


def _clean(environment: dict[str, str]) -> dict[str, str]:
    """Without what belongs to the session of the person who runs this."""
    alien = ("COCKPIT_", "LANG", "LC_", "SSH_")
    return {name: value for name, value in environment.items() if not name.startswith(alien)} | {"LANG": "C.UTF-8"}


def _home(directory: Path, person: str) -> Path:
    home = directory / f"home-{person or 'own'}"
    home.mkdir(mode=0o700, exist_ok=True)
    if person:
        user = pwd.getpwnam(person)
        os.chown(home, user.pw_uid, user.pw_gid)
    return home


async def _answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(int(LIMIT_S / WAIT_S)):
        if process.poll() is not None:
            raise CannotServe(f"cockpit-ws ended: {log.read_text(errors='replace')}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(WAIT_S)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise CannotServe(f"cockpit-ws did not answer on port {port}: {log.read_text(errors='replace')}")
