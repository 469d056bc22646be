"""The runner, against real small programs."""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bamsd.errors import InvalidArgument, NotSupported, TimedOut, ToolFailed
from bamsd.system import run as runner
from bamsd.system.run import CommandFailed, Rights, run

NOBODY = Rights(65534, 65534, frozenset({65534, 65533}))
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts programs of other accounts")


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-E", "-c", code]


def sh(script: str) -> list[str]:
    return ["sh", "-c", script]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def until(condition: Callable[[], object], limit_s: float = 20) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.01)


async def test_returns_what_the_program_said() -> None:
    result = await run(sh("echo out; echo err >&2; exit 3"), timeout_s=20, allowed_exits=(0, 3))
    assert (result.code, result.stdout, result.stderr) == (3, "out\n", "err\n")
    assert result.argv[0] == "sh"
    assert 0 < result.duration_s < 20


@as_root
async def test_a_program_gets_the_rights_of_another_account_and_no_more() -> None:
    said = await run(sh("id -ru; id -u; id -g; id -G; grep CapEff /proc/self/status"), timeout_s=20, rights=NOBODY)
    uids, gid, groups = ["65534", "65534"], "65534", "65534 65533"
    assert said.stdout.splitlines() == [*uids, gid, groups, "CapEff:\t0000000000000000"]


@as_root
async def test_a_program_of_another_account_is_stopped_too() -> None:
    with pytest.raises(TimedOut):
        await run(sh("trap '' TERM; sleep 600"), timeout_s=0.3, rights=NOBODY)
    assert not any("sleep 600" in line for line in runner.still_running())


async def test_our_own_rights_change_nothing() -> None:
    ours = Rights(os.geteuid(), os.getegid() + 1, frozenset({4711}))
    said = await run(sh("id -g; id -G"), timeout_s=20, rights=ours)
    assert said.stdout == (await run(sh("id -g; id -G"), timeout_s=20)).stdout


async def test_the_host_is_fixed_for_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "LC_MESSAGES": "de_DE.UTF-8",
        "LANG": "de_DE.UTF-8",
        "LANGUAGE": "de",
        "TZ": "Europe/Berlin",
        "NOTIFY_SOCKET": "/run/systemd/notify",
        "WATCHDOG_USEC": "1",
    }.items():
        monkeypatch.setenv(name, value)
    result = await run(sh("env; readlink /proc/self/fd/0; ls /proc/self/fd; ps -o sid= -p $$; echo $$"), timeout_s=20)
    lines = result.stdout.splitlines()
    environment = dict(line.split("=", 1) for line in lines if "=" in line)
    assert environment["LC_ALL"] == "C"
    assert environment["TZ"] == "Europe/Berlin"
    assert environment["PATH"] == os.environ["PATH"]
    assert not {"LC_MESSAGES", "LANG", "LANGUAGE", "NOTIFY_SOCKET", "WATCHDOG_USEC"} & environment.keys()
    rest = [line.strip() for line in lines if "=" not in line]
    assert rest[0] == "/dev/null"
    assert rest[1:-2] == ["0", "1", "2", "3"], "3 is the directory that ls reads"
    assert rest[-2] == rest[-1], "the program leads a session of its own"


async def test_a_fake_on_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "mtx"
    fake.write_text('#!/bin/sh\necho "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert (await run(["mtx", "-f", "a b; c"], timeout_s=20)).stdout == "-f a b; c\n"


async def test_standard_input_of_any_size_is_delivered() -> None:
    content = os.urandom(1 << 20)
    result = await run(["sha256sum"], timeout_s=20, stdin=content)
    again = await run(["sha256sum"], timeout_s=20, stdin=b"")
    assert len(result.stdout.split()[0]) == 64
    assert again.stdout.split()[0] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert result.stdout != again.stdout


async def test_a_program_that_ignores_its_input_is_no_failure() -> None:
    assert (await run(["true"], timeout_s=20, stdin=b"x" * (1 << 20))).code == 0


async def test_large_output_on_both_streams_arrives_whole() -> None:
    code = "import os\nfor i in range(64):\n os.write(1, b'o' * 65536); os.write(2, b'e' * 65536)"
    result = await run(python(code), timeout_s=60)
    assert result.stdout == "o" * (64 * 65536)
    assert result.stderr == "e" * (64 * 65536)


async def test_output_in_no_known_encoding_is_kept_readable() -> None:
    assert (await run(["printf", r"A\377B"], timeout_s=20)).stdout == "A\ufffdB"


async def test_failure_names_program_code_and_last_line() -> None:
    with pytest.raises(CommandFailed) as caught:
        await run(sh("echo first >&2; printf 'no \\033[31mtape\\n\\n' >&2; exit 5"), timeout_s=20)
    assert caught.value.message == "sh ended with exit code 5: no \ufffd[31mtape"
    assert caught.value.result.code == 5
    assert caught.value.dbus_name == "org.bams.Error.ToolFailed"


async def test_failure_without_a_word_and_by_signal() -> None:
    with pytest.raises(CommandFailed, match="false ended with exit code 1 and gave no reason"):
        await run(["false"], timeout_s=20)
    with pytest.raises(CommandFailed, match="sh was ended by SIGSEGV"):
        await run(sh("kill -SEGV $$"), timeout_s=20)


@pytest.mark.parametrize("secret", ["hunter2", 'it\'s "quoted" $x'])
async def test_secrets_stay_out_of_errors_and_logs(secret: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    argv = ["sh", "-c", 'echo "$1" >&2; exit 1', "sh", secret]
    with pytest.raises(CommandFailed) as caught:
        await run(argv, timeout_s=20, secrets=["", secret[:3], secret])
    told = caught.value.message + repr(caught.value.result) + caplog.text
    assert secret not in told
    assert secret[3:] not in told
    assert "***" in caught.value.message


async def test_a_missing_program_is_not_supported(tmp_path: Path) -> None:
    with pytest.raises(NotSupported, match="no-such-program"):
        await run(["no-such-program"], timeout_s=20)
    plain = tmp_path / "plain"
    plain.write_text("text")
    with pytest.raises(NotSupported, match="plain"):
        await run([str(plain)], timeout_s=20)


async def test_an_impossible_argument_is_refused_without_quoting_it() -> None:
    for bad in ("a\0hunter2", "hunter2\ud800"):
        with pytest.raises(InvalidArgument) as caught:
            await run(["true", bad], timeout_s=20)
        assert "hunter2" not in caught.value.message
    with pytest.raises(ToolFailed, match="could not be started"):
        await run(["true", "x" * (1 << 22)], timeout_s=20)


async def test_over_time_the_whole_group_ends(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = (
        f"trap '' TERM; (trap '' TERM; echo $$ >> {pids}; exec sleep 1000) & echo $! >> {pids}; sleep 1000 & wait; wait"
    )
    began = time.monotonic()
    with pytest.raises(TimedOut, match=r"sh did not end within 1 s and was stopped"):
        await run(sh(script), timeout_s=1)
    assert time.monotonic() - began < 1 + runner.TERM_GRACE_S + runner.KILL_GRACE_S
    started = [int(line) for line in pids.read_text().split()]
    assert len(started) == 2
    await until(lambda: not any(alive(pid) for pid in started))


async def test_a_polite_program_is_asked_first(tmp_path: Path) -> None:
    note = tmp_path / "note"
    with pytest.raises(TimedOut):
        await run(sh(f"trap 'echo asked > {note}; exit 0' TERM; sleep 1000 & wait"), timeout_s=1)
    assert note.read_text() == "asked\n"


async def test_children_left_behind_do_not_hold_up_the_answer(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    result = await run(sh(f"sleep 1000 & echo $! > {pid_file}; echo done"), timeout_s=20)
    assert result.stdout == "done\n"
    os.kill(int(pid_file.read_text()), signal.SIGKILL)


async def test_cancelled_caller_kills_and_waits(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    task = asyncio.create_task(run(sh(f"echo $$ > {pid_file}; exec sleep 1000"), timeout_s=1000))
    await until(lambda: pid_file.exists() and pid_file.read_text())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not Path(f"/proc/{pid_file.read_text().strip()}").exists()


async def test_a_caller_that_leaves_twice_leaves_a_program_that_can_be_waited_for(tmp_path: Path) -> None:
    """As the daemon at its end: who waits for the program is cancelled, and the program takes its time to stop."""
    pid_file = tmp_path / "pid"
    slow = f"trap 'sleep 0.3; exit' TERM; echo $$ > {pid_file}; while true; do sleep 0.02; done"
    task = asyncio.create_task(run(sh(slow), timeout_s=1000))
    await until(lambda: pid_file.exists() and pid_file.read_text())
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0.05)
    with pytest.raises(asyncio.CancelledError):
        await task
    process = Path(f"/proc/{pid_file.read_text().strip()}")
    assert process.exists()
    await runner.all_stopped()
    assert not process.exists(), "collected, not left as a zombie"


def never_killed(tmp_path: Path) -> list[str]:
    """A program that prints before and after it is let go, as mtx does around a move."""
    return sh(
        f"echo $$ > {tmp_path}/pid; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done;"
        f" echo moved && echo word hunter2 >&2; touch {tmp_path}/moved; exit 7"
    )


async def give_up_by_time(argv: list[str], pid_file: Path) -> None:
    with pytest.raises(TimedOut, match="goes on"):
        await run(argv, timeout_s=0.3, kill_on_timeout=False, secrets=["hunter2"])


async def give_up_by_cancel(argv: list[str], pid_file: Path) -> None:
    task = asyncio.create_task(run(argv, timeout_s=1000, kill_on_timeout=False, secrets=["hunter2"]))
    await until(lambda: pid_file.exists() and pid_file.read_text())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("give_up", [give_up_by_time, give_up_by_cancel])
async def test_a_move_is_never_killed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, give_up: Callable[[list[str], Path], Awaitable[None]]
) -> None:
    await give_up(never_killed(tmp_path), tmp_path / "pid")
    pid = int((tmp_path / "pid").read_text())
    assert alive(pid)
    assert len(runner.still_running()) == 1
    (tmp_path / "go").touch()
    await until(lambda: not runner.still_running())
    assert (tmp_path / "moved").exists()
    assert not Path(f"/proc/{pid}").exists(), "collected, not left as a zombie"
    late = [record.getMessage() for record in caplog.records if "ended late" in record.getMessage()]
    assert len(late) == 1
    assert "with 7" in late[0]
    assert "word ***" in late[0]


def test_a_move_outlives_the_daemon(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\nfrom bamsd.system.run import run\n"
        "async def main():\n"
        "    task = asyncio.create_task(run(sys.argv[1:], timeout_s=1000, kill_on_timeout=False))\n"
        "    while not __import__('os').path.exists(sys.argv[-1]): await asyncio.sleep(0.01)\n"
        "asyncio.run(main())\n"
    )
    argv = [*never_killed(tmp_path), "sh", str(tmp_path / "pid")]
    daemon = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-W", "ignore", "-c", code, *argv])
    assert os.waitpid(daemon, 0)[1] == 0
    pid = int((tmp_path / "pid").read_text())
    assert alive(pid)
    (tmp_path / "go").touch()
    asyncio.run(until(lambda: not alive(pid)))
    assert (tmp_path / "moved").exists(), "its print into the broken pipe did not end it"


async def test_a_program_that_has_answered_and_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "ANSWERED_GRACE_S", 0.2)
    result = await run(sh("echo answer; echo quit; exec sleep 600"), timeout_s=20, last_words=b"\nquit\n")
    assert (result.stdout, result.code) == ("answer\nquit\n", -signal.SIGTERM)


async def test_last_words_in_the_middle_of_an_answer_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "ANSWERED_GRACE_S", 0.5)
    script = "echo; echo quit; sleep 0.1; echo more; sleep 0.7; echo quit; exit 3"
    result = await run(sh(script), timeout_s=20, last_words=b"\nquit\n", allowed_exits=(3,))
    assert (result.stdout, result.code) == ("\nquit\nmore\nquit\n", 3)
    with pytest.raises(TimedOut):
        await run(sh("echo; echo quit; sleep 0.1; echo more; sleep 60"), timeout_s=1, last_words=b"\nquit\n")


async def test_too_much_output_is_refused_and_the_program_ended() -> None:
    with pytest.raises(CommandFailed, match="yes printed more than 100000 bytes") as caught:
        await run(["yes"], timeout_s=60, max_output_bytes=100_000)
    assert len(caught.value.result.stdout) == 100_000


async def test_too_much_output_never_kills_a_move() -> None:
    script = "head -c 1000000 /dev/zero; exit 0"
    with pytest.raises(CommandFailed, match="printed more than") as caught:
        await run(sh(script), timeout_s=60, max_output_bytes=10, kill_on_timeout=False)
    assert caught.value.result.code == 0


async def test_starting_is_cheap_and_needs_no_thread() -> None:
    threads = threading.active_count()
    longest_stalls: list[float] = []
    for _ in range(30):
        task = asyncio.create_task(run(["true"], timeout_s=20))
        longest = 0.0
        while not task.done():
            began = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - began)
        longest_stalls.append(longest)
    assert threading.active_count() == threads
    # The longest of all depends on who else uses the machine; the one in the middle does not.
    assert sorted(longest_stalls)[15] < 0.05  # some 1 ms; a bound against disaster, for a busy machine


async def test_no_descriptor_is_left_open() -> None:
    await run(["true"], timeout_s=20)
    before = sorted(os.listdir("/proc/self/fd"))
    for _ in range(20):
        await run(["true"], timeout_s=20, stdin=b"x")
        with pytest.raises(NotSupported):
            await run(["no-such-program"], timeout_s=20, stdin=b"x")
    assert sorted(os.listdir("/proc/self/fd")) == before
