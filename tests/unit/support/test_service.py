"""Support bundles at a start: what a crash left goes, what was begun since then stays."""

import asyncio
import tarfile
from collections.abc import Sequence
from pathlib import Path
from subprocess import run

from bamsd.config import BundleSettings
from bamsd.core.jobs import Jobs, Starter
from bamsd.core.store import Store
from bamsd.support.models import Document, Item
from bamsd.support.service import Support


async def test_a_bundle_that_is_asked_for_before_the_start_is_over_is_whole(store: Store, tmp_path: Path) -> None:
    left = tmp_path / "bundle.work" / "left"
    left.mkdir(parents=True)

    async def text() -> str:
        return "something"

    async def items(services: tuple[str, ...], since_us: int) -> Sequence[Item]:
        return [Document("bams/one.txt", text), Document("bams/two.txt", text)]

    async def secrets() -> Sequence[str]:
        return ()

    jobs = Jobs(store)
    await jobs.open()
    support = Support(BundleSettings(), tmp_path, jobs, items, secrets, "1")
    job = await support.create((), 0, Starter(0, "root"), queue=False, wait=False, dry_run=False)
    await asyncio.sleep(0.2)
    assert left.exists(), "it waits for the clearing, and does not do it by the way"
    await support.start()
    while jobs.get(job.id).state == "running":
        await asyncio.sleep(0.01)
    assert jobs.get(job.id).state == "succeeded", jobs.get(job.id)
    assert not left.parent.exists()
    [bundle] = await support.shown()
    plain = tmp_path / "plain.tar"
    run(["zstd", "-q", "-d", str(bundle["path"]), "-o", str(plain)], check=True)
    with tarfile.open(plain) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"bams/one.txt", "bams/two.txt", "manifest.json"} <= names
    await jobs.close(20)
