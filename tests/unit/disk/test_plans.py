"""What a plan promises before its first step."""

from pathlib import Path

import pytest

from bamsd.disk import plans
from bamsd.disk.filesystems import Filesystems
from bamsd.disk.models import Filesystem
from bamsd.disk.outcome import judge
from tests.unit.disk.pictures import THICK, picture, row


@pytest.mark.parametrize("made", [False, True])
@pytest.mark.parametrize("kind", ["xfs", "ext4"])
def test_a_finish_is_at_the_mount_at_the_same_stage_whether_the_file_system_stood_there_or_not(
    tmp_path: Path, kind: Filesystem, made: bool
) -> None:
    files = row(use="filesystem", filesystem=kind, leftover="format")
    plan = plans.finish(files, THICK, Filesystems(tmp_path, "/srv/bams", "nobody"), "alice", made=made)
    assert any("mkfs" in step["command"] for step in plan.steps) != made
    stages = range(plan.intent.stage + 1, plan.intent.stage + len(plan.acts) + 1)
    writes = next(stage for stage, step in zip(stages, plan.steps, strict=True) if step["command"].startswith("write"))
    for stage, end in ((writes - 1, "undone"), (writes, "partial")):
        begun = plans.intent("disk-finish", files, "alice", stage=stage)
        assert judge(picture(THICK, rows=(files,)), begun, finished=False).end == end
