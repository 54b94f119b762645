"""`liftlock doctor` looks at every file of public keys that liftlock.yaml names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

from liftlock.adapters.diagnostics import diagnose
from liftlock.core.diagnosis import Verdict
from liftlock.core.project import AttestationMode, AttestationRule, Gates, IdentitySigner, KeySigner, SigningSettings, Stage
from tests.attesting import ADA, GRACE, PROVENANCE
from tests.promotion_world import make_project


def test_the_root_of_trust_of_an_identity_is_looked_for(tmp_path: Path) -> None:
    def found(file: str) -> list[tuple[Verdict, str]]:
        rule = AttestationRule(
            AttestationMode.WARN, PROVENANCE, IdentitySigner("https://ci.example/b", "https://i.example", PurePosixPath(file))
        )
        project = make_project(pipeline=(Stage("dev", (), Gates(attestation=rule)),))
        return [(item.verdict, item.found) for item in diagnose(tmp_path, project) if item.part == "trusted root"]

    (tmp_path / "root.json").write_text("{}")
    assert found("root.json") == [(Verdict.OK, "root.json")]
    assert found("none.json") == [(Verdict.MISSING, "none.json: no such file")]


def test_each_file_of_keys_is_looked_at(tmp_path: Path) -> None:
    def stage(name: str, key: str, mode: AttestationMode = AttestationMode.WARN) -> Stage:
        return Stage(name, (), Gates(attestation=AttestationRule(mode, PROVENANCE, KeySigner(PurePosixPath(key)))))

    pipeline = (stage("dev", "a.pub"), stage("staging", "b.pub"), stage("prod", "c.pub"), stage("lab", "off.pub", AttestationMode.OFF))
    project = replace(make_project(pipeline=pipeline), signing=SigningSettings("env:KEY", PurePosixPath("d.pub")))
    (tmp_path / "a.pub").write_text(ADA.public + GRACE.public)
    (tmp_path / "b.pub").write_text(ADA.private)
    (tmp_path / "d.pub").write_bytes(b"\xff")
    found = [item for item in diagnose(tmp_path, project) if item.part == "public keys"]
    assert [(item.verdict, item.found) for item in found] == [
        (Verdict.OK, "a.pub: 2"),
        (Verdict.MISSING, "b.pub: it holds no public key"),
        (Verdict.MISSING, "c.pub: No such file or directory"),
        (Verdict.MISSING, "d.pub: it is not UTF-8 text"),
    ]
