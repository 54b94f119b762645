"""Clean removes what is ours, in an order that works, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from machine.cleaning import plan_removal

LISTED = {
    "container": "shop-dev-api-1 liftlock-registry",
    "network": "shop-dev",
    "volume": "shop-dev-routes liftlock-registry",
    "image": """\
liftlock/base:1a liftlock/base@<none>
127.0.0.1:5480/liftlock/router:1a 127.0.0.1:5480/liftlock/router@sha256:ab
127.0.0.1:5480/shop/api:2b 127.0.0.1:5480/shop/api@sha256:cd
127.0.0.1:5480/shop/api:2b 127.0.0.1:5480/shop/api@sha256:ef
127.0.0.1:5480/shop/web:<none> 127.0.0.1:5480/shop/web@sha256:12
other/app-on-our-base:1 other/app-on-our-base@<none>
registry.example/shop/api:1 registry.example/shop/api@sha256:cd
<none>:<none> <none>@<none>
""",
}


def test_what_is_ours_is_removed_users_before_used() -> None:
    plan = plan_removal(lambda arguments: LISTED[arguments[0]])
    assert [removal.kind for removal in plan] == ["containers", "networks", "volumes", "images"]
    assert plan[0].names == ("shop-dev-api-1", "liftlock-registry")
    assert plan[2].names == ("shop-dev-routes", "liftlock-registry")


def test_an_image_of_others_that_stands_on_ours_is_left_alone() -> None:
    images = plan_removal(lambda arguments: LISTED[arguments[0]])[3].names
    assert images == (
        "127.0.0.1:5480/liftlock/router:1a",
        "127.0.0.1:5480/shop/api:2b",
        "127.0.0.1:5480/shop/web@sha256:12",
        "liftlock/base:1a",
    )


def test_a_container_that_only_took_over_its_images_label_is_not_asked_for() -> None:
    asked: list[Sequence[str]] = []

    def ask(arguments: Sequence[str]) -> str:
        asked.append(arguments)
        return ""

    plan_removal(ask)
    assert "label=liftlock.role" in asked[0]
    assert all("label=liftlock.managed=true" in arguments for arguments in asked)


def test_nothing_there_is_nothing_to_do() -> None:
    assert not any(removal.names for removal in plan_removal(lambda _: ""))
