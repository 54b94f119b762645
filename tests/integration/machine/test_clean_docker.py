"""What clean does to a real engine, under a label of the test's own so that nobody else's things are touched."""

from __future__ import annotations

import pytest

from machine import cleaning
from tests.integration.machine.docker_box import DockerBox

pytestmark = pytest.mark.docker


def test_only_what_is_labelled_goes_and_a_second_time_there_is_nothing(box: DockerBox, images: dict[str, object]) -> None:
    label = f"liftlock.test={box.prefix}"
    role = ["--label", label, "--label", "liftlock.role=service"]
    box.docker("network", "create", "--label", label, ours := f"{box.prefix}-ours")
    box.docker("volume", "create", "--label", label, ours)
    image = str(images["router"])
    mine = box.start("mine", image, options=[*role, "--volume", f"{ours}:/routes"])
    box.docker("network", "connect", ours, mine)
    theirs = box.start("theirs", image)
    kept = box.volume("kept")
    plan = cleaning.plan_removal(cleaning.docker, label)
    assert {removal.kind: removal.names for removal in plan} == {
        "containers": (mine,),
        "networks": (ours,),
        "volumes": (ours,),
        "images": (),
    }
    assert cleaning.remove(plan) == ()
    assert not cleaning.plan_has_names(cleaning.plan_removal(cleaning.docker, label))
    assert cleaning.remove(plan) == ()
    assert box.docker("container", "inspect", theirs, check=False).status == 0
    assert box.docker("volume", "inspect", kept, check=False).status == 0


def test_what_something_else_uses_stays_and_is_named(box: DockerBox, images: dict[str, object]) -> None:
    label = f"liftlock.test={box.prefix}"
    box.docker("volume", "create", "--label", label, used := f"{box.prefix}-used")
    box.volumes.append(used)
    box.start("theirs", str(images["router"]), options=["--volume", f"{used}:/routes"])
    kept = cleaning.remove(cleaning.plan_removal(cleaning.docker, label))
    assert len(kept) == 1
    assert kept[0].startswith(f"volume {used}: ")
