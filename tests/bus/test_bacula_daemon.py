"""org.bams.Bacula and what the storage daemon says: TLS, why it waits, where it spools."""

from typing import Any

from bamsd.errors import NotReady
from tests.bus.bacula import world
from tests.bus.stack import Stack
from tests.bus.tapes import LIB
from tests.fakes.tls import certificate, speak_tls


async def test_why_a_job_and_a_device_wait_is_told(stack: Stack) -> None:
    async with world(stack, director=False) as w:
        w.bacula.run_job()
        w.bacula.set(now={"ByHand": {"blocked": 1, "blocked_desc": "BLOCKED waiting for media"}})
        w.bacula.set(waiting=['3608 JobId=7 wants Pool="A" but have Pool="B" nreserve=1 on append device ByHand.'])
        found = await w.status()
        assert [device["blocked"] for device in found["devices"]] == ["BLOCKED waiting for media"]
        assert [job["waiting"] for job in found["running"]] == [
            'wants Pool="A" but have Pool="B" nreserve=1 on append device ByHand'
        ]


async def test_tls_to_the_storage_daemon_is_that_of_its_configuration(stack: Stack) -> None:
    async with world(stack, director=False) as w:
        files = certificate(stack.directory, "sd")
        lines = f"  TLS Require = yes\n  TLS Certificate = {files.certificate}\n  TLS Key = {files.key}\n"
        plain = w.bacula.main.read_text("latin-1")
        w.bacula.write(plain.replace("Director {\n", f"Director {{\n{lines}"))
        speak_tls(w.bacula.daemon, files)
        found = await w.status()
        assert (found["reachable"], found["problem"]) == (True, "")
        assert w.bacula.daemon.was_secure
        await w.done("ApplyConfig")
        assert f"TLS Certificate = {files.certificate}" in w.bacula.own.read_text()

        speak_tls(w.bacula.daemon, certificate(stack.directory, "stranger"))
        found = await w.status()
        assert not found["reachable"]
        assert "must show the certificate" in found["problem"]


async def test_tape_drives_spool_where_there_is_room(stack: Stack) -> None:
    async with world(stack) as w:
        folder = stack.directory / "spool"
        given: dict[str, Any] = {"libraries": [LIB], "spool_directory": str(folder), "spool_size": 1 << 20}
        error = await w.refused("ApplyConfig", **given)
        assert isinstance(error, NotReady)
        assert "is no folder" in error.message
        folder.mkdir()
        await w.done("ApplyConfig", **given)
        assert w.bacula.own.read_text().count(f"Spool Directory = {folder}\n") == 2
        findings = await w.call("CheckConfig", "a{sv}", given | {"spool_size": 1 << 50})
        assert [f["severity"] for f in findings if "may spool" in f["text"]] == ["warning"] * 2
