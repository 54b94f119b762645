"""The shapes of policy/*.yaml for editors. liftlock itself reads them in liftlock.core.policy_file: places and names are checked there."""

from __future__ import annotations

from pydantic import Field

from liftlock.adapters.config_files.shape_types import DigestText, End, EntryId, Image, Moment, Name, NonEmpty, PersonKey, ReleaseId, Shape

_UNTIL = "2031-01-02T00:00:00+01:00"
_FREEZE = {"id": "year-end", "environments": ["prod"], "until": _UNTIL, "reason": "year-end sale", "owner": "Ada <ada@shop.example>"}
_VETO = {"id": "leak", "release": "rel-" + "0" * 16, "until": "never", "reason": "leaks memory", "owner": "Ada <ada@shop.example>"}
_HOLD = {"id": "hold-prod", "environment": "prod", "until": "never", "reason": "load test", "owner": "Ada <ada@shop.example>"}


class _Rule(Shape):
    id: EntryId = Field(description="Names the entry; unique in its file.", examples=["year-end"])
    zone: NonEmpty = Field(default="UTC", description="The IANA zone of times without an offset.", examples=["Europe/Berlin"])
    reason: NonEmpty = Field(description="Why, for whoever is stopped by it.", examples=["year-end sale"])
    owner: NonEmpty = Field(description="Whom to ask.", examples=["Ada <ada@shop.example>"])


class FreezeEntry(_Rule):
    """A time in which nothing enters."""

    environments: list[Name] | None = Field(default=None, min_length=1, description="Which; all without it.", examples=[["prod"]])
    services: list[Name] | None = Field(default=None, min_length=1, description="Which; all without it.", examples=[["api"]])
    start: Moment | None = Field(
        default=None, alias="from", description="Its first moment; holds at once without it.", examples=["2030-12-20T00:00:00+01:00"]
    )
    until: Moment = Field(description="Its end.", examples=[_UNTIL])
    hotfix: bool = Field(default=False, description="Whether the hotfix lane may pass.", examples=[True])


class VetoEntry(_Rule):
    """A release or a digest that must go nowhere else."""

    release: ReleaseId | None = Field(default=None, description="The release; or else digest.", examples=["rel-" + "0" * 16])
    digest: DigestText | None = Field(default=None, description="The digest; or else release.", examples=["sha256:" + "0" * 64])
    environments: list[Name] | None = Field(default=None, min_length=1, description="Which; all without it.", examples=[["prod"]])
    until: End = Field(description="Its end, or never.", examples=["never", _UNTIL])


class HoldEntry(_Rule):
    """An environment, or one service of it, that stays as it is."""

    environment: Name = Field(description="Which.", examples=["prod"])
    service: Name | None = Field(default=None, description="Only this service.", examples=["api"])
    image: Image | None = Field(
        default=None, description="The one image that may still enter.", examples=["registry.example/shop/api@sha256:" + "0" * 64]
    )
    until: End = Field(description="Its end, or never.", examples=["never", _UNTIL])
    rollback: ReleaseId | None = Field(default=None, description="Written by rollback: what it left.", examples=["rel-" + "0" * 16])


class PersonEntry(Shape):
    """The names of one person."""

    name: NonEmpty = Field(description="What to call them.", examples=["Ada"])
    keys: list[PersonKey] = Field(
        min_length=1, description="Addresses in commits, and accounts on the forge.", examples=[["ada@shop.example", "@ada"]]
    )


class FreezesFile(Shape):
    """policy/freezes.yaml: times in which nothing enters an environment."""

    freezes: list[FreezeEntry] | None = Field(default=None, description="The freezes.", examples=[[_FREEZE]])


class VetoesFile(Shape):
    """policy/vetoes.yaml: releases and digests that must reach no environment which does not have them yet."""

    vetoes: list[VetoEntry] | None = Field(default=None, description="The vetoes.", examples=[[_VETO]])


class HoldsFile(Shape):
    """policy/holds.yaml: environments that stay as they are."""

    holds: list[HoldEntry] | None = Field(default=None, description="The holds.", examples=[[_HOLD]])


class PeopleFile(Shape):
    """policy/people.yaml: which addresses and accounts are the same person."""

    people: list[PersonEntry] | None = Field(
        default=None, description="The people.", examples=[[{"name": "Ada", "keys": ["ada@shop.example", "@ada"]}]]
    )
