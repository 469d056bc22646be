"""`make demo`: the page on a simulated host, built again at every change of its source. Ctrl-C ends all of it."""

import argparse
import asyncio
import os
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.browser.cockpit import PAGE, CannotServe, serving
from tests.browser.host import can_show_a_kernel, simulated
from tests.browser.visitor import PLAIN, become
from tests.demo import world

BUILT = b"page: watching"
BUILD_LIMIT_S = 120
ROLES = ("admin", "operator", "viewer")


@contextmanager
def directory() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="bams-demo-"))
    made.chmod(0o755)  # the bridge of another user reads the page there
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@asynccontextmanager
async def building() -> AsyncIterator[None]:
    """Build the page, and again whenever its source changes."""
    process = await asyncio.create_subprocess_exec(
        "node", "build.js", "--watch", cwd=PAGE.parent, stdin=DEVNULL, stdout=PIPE, start_new_session=True
    )
    try:
        async with asyncio.timeout(BUILD_LIMIT_S):
            await _built(process)
        talking = asyncio.create_task(_say(process))
        yield
        talking.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _built(process: Process) -> None:
    assert process.stdout
    while line := await process.stdout.readline():
        if line.startswith(BUILT):
            return
    await process.wait()
    raise CannotServe("The page does not build, see above.")


async def _say(process: Process) -> None:
    """Repeat what the later builds say, without the sizes of files."""
    assert process.stdout
    while line := await process.stdout.readline():
        if line.startswith(b"page:"):
            print(line.decode().rstrip(), flush=True)


async def demonstrate(port: int, role: str) -> None:
    print("demo: building the page and starting a simulated host", flush=True)
    with directory() as place:
        async with building(), simulated(place, world.CHANGERS, prepare=world.prepare) as host:
            await world.fill(host)
            become(host, role)
            person = PLAIN if role != "admin" and os.geteuid() == 0 else ""
            async with serving(host, person=person, port=port, follow=True) as url, asyncio.TaskGroup() as tasks:
                tasks.create_task(host.supervise())
                tasks.create_task(world.keep_moving(host))
                if not can_show_a_kernel():
                    print("demo: without iSCSI, because FUSE cannot be used here: /dev/fuse")
                print(f"demo: what changes below cockpit-bams/src is built at once; bamsd's log is {host.stack.log}")
                print(f"demo: {url}   (as {role}; Ctrl-C ends it)", flush=True)


async def until_told(port: int, role: str) -> None:
    """Ctrl-C and SIGTERM both end everything in order, and count as success."""
    work = asyncio.ensure_future(demonstrate(port, role))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        print("demo: ended", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--port", type=int, default=9099)
    parser.add_argument("--role", choices=ROLES, default="admin", help="whose rights the page is shown with")
    arguments = parser.parse_args()
    try:
        asyncio.run(until_told(arguments.port, arguments.role))
    except CannotServe as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
