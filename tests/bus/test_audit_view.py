"""ListAudit: found by what a record has, in pages that stay where they are while new records come."""

from typing import Any

from bamsd.errors import InvalidArgument, NotAuthorized
from tests.bus.stack import Client, Stack

MANAGER = "org.bams.Manager"


async def listed(client: Client, **options: Any) -> tuple[list[dict[str, Any]], str]:
    entries, cursor = await client.call("/org/bams", f"{MANAGER}.ListAudit", "a{sv}", options)
    return entries, cursor


async def seqs(client: Client, **options: Any) -> list[int]:
    return [entry["seq"] for entry in (await listed(client, **options))[0]]


async def acknowledge(client: Client, alert: str) -> None:
    """Allowed, and fails: two records."""
    await client.fails("/org/bams", f"{MANAGER}.AcknowledgeAlert", "sa{sv}", alert, {})


async def test_records_are_found_by_what_they_have(stack: Stack) -> None:
    await stack.daemon()
    client = await stack.client()
    for name in ("Left-Robot", "right-robot", "100%_sure"):
        await acknowledge(client, name)
    stack.polkit("no", logs_read="yes")
    await client.fails("/org/bams", f"{MANAGER}.Reload", "a{sv}", {})
    everything, cursor = await listed(client)
    assert [entry["seq"] for entry in everything] == [7, 6, 5, 4, 3, 2, 1]
    assert cursor == ""
    assert [entry["time"] for entry in everything] == [entry["time_us"] for entry in reversed(stack.audit())]
    person, third = everything[0]["person"], everything[4]["time"]
    for options, expected in (
        ({"outcome": "failed"}, [6, 4, 2]),
        ({"outcome": "denied"}, [7]),
        ({"text": "LEFT-robot"}, [2, 1]),
        ({"text": "robot", "outcome": "allowed"}, [3, 1]),
        ({"text": "100%_SURE"}, [6, 5]),
        ({"text": "100%%"}, []),
        ({"person": person, "limit": 2}, [7, 6]),
        ({"person": "nobody"}, []),
        ({"action": "org.bams.manage"}, [7, 6, 5, 4, 3, 2, 1]),
        ({"action": "org.bams.tape.operate"}, []),
        ({"object": "/org/bams", "limit": 1}, [7]),
        ({"object": "/org"}, [7, 6, 5, 4, 3, 2, 1]),
        ({"object": "/org/bam"}, []),
        ({"until": third}, [3, 2, 1]),
        ({"since": third, "until": third}, [3]),
    ):
        assert await seqs(client, **options) == expected, options
    for wrong in ({"outcome": "well"}, {"cursor": "1; DROP"}, {"colour": "red"}, {"limit": 501}):
        assert isinstance(await client.fails("/org/bams", f"{MANAGER}.ListAudit", "a{sv}", wrong), InvalidArgument), (
            wrong
        )
    stack.polkit("no")
    assert type(await client.fails("/org/bams", f"{MANAGER}.ListAudit", "a{sv}", {})) is NotAuthorized


async def test_pages_stay_while_new_records_come_and_survive_a_start(stack: Stack) -> None:
    daemon = await stack.daemon()
    client = await stack.client()
    for number in range(6):
        await acknowledge(client, f"alert-{number}")
    found: list[int] = []
    cursor = ""
    while True:
        entries, cursor = await listed(client, cursor=cursor, limit=2, outcome="failed")
        found += [entry["seq"] for entry in entries]
        if not cursor:
            break
        if len(found) == 4:
            stack.end(daemon)
            daemon = await stack.daemon()
            client = await stack.client()
        await acknowledge(client, "newer")
    assert found == [12, 10, 8, 6, 4, 2]
