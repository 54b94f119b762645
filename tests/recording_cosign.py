"""Records what the real cosign leaves in a registry; needs Docker and the registry's image. The keys are made for it and thrown away.

python -m tests.recording_cosign PATH/TO/cosign NAME [OPTION...] writes tests/unit/attestation/recorded/NAME.json.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from tests.attesting import provenance
from tests.registries import RunningRegistry, registry_image, run_registry

RECORDED = Path(__file__).parent / "unit" / "attestation" / "recorded"
_KINDS = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"


def record(cosign: str, *options: str) -> dict[str, object]:
    """The public key, the image's digest, and each answer that was given for what is attached: path -> base64."""
    with tempfile.TemporaryDirectory() as folder, run_registry(registry_image() or "") as registry:
        here = Path(folder)
        digest = registry.push("shop/api", "v1", labels={})
        (here / "predicate.json").write_text(json.dumps(provenance(digest)["predicate"]))
        image = f"{registry.host}/shop/api@{digest}"
        with_key = ["--key", "cosign.key", "--yes", *options, image]
        for words in (
            ["generate-key-pair"],
            ["attest", "--type", "slsaprovenance1", "--predicate", "predicate.json", *with_key],
            ["sign", *with_key],
        ):
            subprocess.run([cosign, *words], cwd=here, env={**os.environ, "COSIGN_PASSWORD": ""}, check=True, capture_output=True)
        return {"digest": digest, "public": (here / "cosign.pub").read_text(), "answers": _answers(registry, digest)}


def _answers(registry: RunningRegistry, digest: str) -> dict[str, str]:
    tag, found = digest.replace(":", "-"), dict[str, str]()
    waiting = [f"referrers/{digest}", *(f"manifests/{tag}{suffix}" for suffix in ("", ".att", ".sig"))]
    while waiting:
        path = waiting.pop()
        answer = httpx.get(f"http://{registry.host}/v2/shop/api/{path}", headers={"Accept": _KINDS}, timeout=60)
        if answer.status_code == httpx.codes.OK:
            found[path] = base64.b64encode(answer.content).decode()
            body = answer.json() if path.startswith(("manifests", "referrers")) else {}
            waiting += [f"manifests/{item['digest']}" for item in body.get("manifests", ())]
            waiting += [f"blobs/{item['digest']}" for item in body.get("layers", ())]
    return dict(sorted(found.items()))


if __name__ == "__main__":
    program, name, *more = sys.argv[1:]
    RECORDED.mkdir(exist_ok=True)
    (RECORDED / f"{name}.json").write_text(json.dumps(record(program, *more), indent=1) + "\n")
