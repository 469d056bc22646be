"""bamsctl: a command line for bamsd. It asks the daemon on the bus and has no logic of its own."""

import asyncio
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence

from bamsd.bus.client import Client, NotOffered
from bamsd.ctl import completion, exits, pkttyagent, prompt, ssh
from bamsd.ctl.command import Call, Command, options_of, values_of
from bamsd.ctl.output import Output
from bamsd.ctl.parser import build
from bamsd.ctl.session import Asked, Session
from bamsd.errors import BamsError, NotSupported


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        if words[:1] == [completion.WORD]:
            return asyncio.run(completion.run(words[1:]))
        code = _run(words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader, such as head, has enough. Python would complain once more when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(words: list[str]) -> int:
    output = Output("--json" in words, sys.stdout, sys.stderr)
    running: list[Session] = []
    try:
        given = build().parse_args(words)
        asyncio.run(_connected(given, output, running))
    except KeyboardInterrupt:
        for session in running:
            if session.job:
                output.say("\n" if output.progress_on_terminal else "")
                output.say(_interrupted(session.job))
        return exits.INTERRUPTED
    except BamsError as error:
        output.error(error)
        return exits.code_of(error)
    return 0


def _interrupted(job: str) -> str:
    number = job.rsplit("/", 1)[-1]
    return f"Job {number} goes on. Follow it: bamsctl jobs watch {number}   Cancel it: bamsctl jobs cancel {number}"


async def _connected(given: Namespace, output: Output, running: list[Session]) -> None:
    host = getattr(given, "host", "")
    if given.command.alone:
        if host:
            raise NotSupported(f"{given.command.name} works on this host alone. Log in on the other one.")
        await given.command.alone(output, given)
        return
    on_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    interactive = not getattr(given, "no_ask_password", False)
    helpers: list[Callable[[], int] | None] = []
    client = None
    try:
        connected = None
        if host:
            connected, bridge = ssh.bus_of(host)
            helpers.append(bridge)
        elif interactive and on_terminal and os.geteuid() != 0 and given.command.call:
            helpers.append(pkttyagent.start())
        client = await Client.open(connected, interactive)
        session = Session(client, output, _asked(given), prompt.ask if on_terminal else None, host)
        running.append(session)
        await _perform(session, given.command, given)
    finally:
        if client:
            await client.close()
        for helper in helpers:
            if helper:
                helper()


def _asked(given: Namespace) -> Asked:
    wait = not getattr(given, "no_wait", None)
    dry_run, queue = bool(getattr(given, "dry_run", None)), bool(getattr(given, "queue", None))
    return Asked(dry_run=dry_run, wait=wait, queue=queue, confirm=getattr(given, "confirm", None))


async def _perform(session: Session, command: Command, given: Namespace) -> None:
    try:
        if command.run:
            await command.run(session, given)
        elif command.call:
            await _call(session, command, command.call, given)
    except NotOffered as error:
        raise await session.offered(command.feature) if command.feature else error from None


async def _call(session: Session, command: Command, call: Call, given: Namespace) -> None:
    values, options = values_of(command, given), options_of(command, given)
    if call.asks:
        on_terminal, twice = session.ask is not None, call.asks == "new"
        options["passphrase"] = prompt.secret("passphrase", given.passphrase_file, on_terminal, twice=twice)
    if call.confirm:
        name = str(getattr(given, call.confirm))
        given_name = name if session.asked.dry_run else session.asked.confirm
        if given_name is None and call.job and session.ask:
            shown = {"confirm": name} if call.sends_confirm else {}
            session.show_plan(await session.plan(call.path, call.member, call.signature, values, options | shown))
        typed = session.confirmed(name, given_name, command.help.partition(";")[0])
        options |= {"confirm": typed} if call.sends_confirm else {}
    do = session.change if call.job else session.call
    await do(call.path, call.member, call.signature, values, options)


if __name__ == "__main__":
    sys.exit(main())
