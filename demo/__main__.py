"""The story, chapter by chapter; the README and docs/tutorial.md tell it in the same order."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from demo.data import anonymised_data
from demo.outside import container, recreate_command
from demo.reset import reset
from demo.shell import DemoError, Shell, chapter

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "demo"
IMAGES = ROOT / ".machine" / "images.json"
ADA, GRACE = "Ada <ada@shop.example>", "Grace <grace@shop.example>"
SHOP = "shop-environments"
BRANCH = "feature/checkout"


def main() -> int:
    """The whole demo; 0 where every command did what the story says."""
    began = time.monotonic()
    if not IMAGES.exists():
        print("the demo needs its images; run: make images", file=sys.stderr)
        return 1
    try:
        shell = tell()
    except DemoError as err:
        print(f"\ndemo: {err}", file=sys.stderr)
        print(f"  everything is as the command left it; look at it in {FOLDER / SHOP}", file=sys.stderr)
        return 1
    print(f"\nThe demo is done: {len(shell.timings)} commands in {time.monotonic() - began:.0f} s.")
    print(f"Go on by hand:  cd {FOLDER / SHOP} && PATH={Path(sys.executable).parent}:$PATH   (make clean removes everything)")
    return 0


def tell() -> Shell:
    """Every chapter in order."""
    reset(FOLDER)
    outer = Shell(FOLDER, ADA)
    shell = Shell(FOLDER / SHOP, ADA, outer.timings)
    chapter(1, "An environments repository, with a bare Git repository as its forge")
    outer.run(f"liftlock init {SHOP} --forge shop.git --id demo --images {IMAGES}")
    shell.run("liftlock config validate")
    three_environments(shell)
    a_branch(shell)
    anonymised_data(shell, f"{BRANCH}/shop")
    no_branches(shell)
    a_promotion(shell)
    drift(shell)
    a_failure(shell)
    chapter(8, "What happened, from the ledger in Git")
    shell.run("liftlock history", says=("dev", "staging", "prod", "deploy-failed", "promoted"))
    return shell


def three_environments(shell: Shell) -> None:
    """dev, staging and prod run v1."""
    chapter(2, "v1 by digest, and three environments from declared configuration")
    shell.run("liftlock image record --env dev api=v1 web=v1", says=("sha256:",))
    shell.run("liftlock env up dev", says=("healthy",))
    for source, target in (("dev", "staging"), ("staging", "prod")):
        promote(shell, source, target)
    shell.run("liftlock env status", says=("dev: healthy", "staging: healthy", "prod: healthy"))


def promote(shell: Shell, source: str, target: str) -> None:
    """One promotion from pull request to running environment, with a second person's approval."""
    opened = shell.run(f"liftlock promote open --from {source} --to {target}")
    number = pull_number(opened)
    shell.run(f"liftlock promote approve {number}", as_=GRACE)
    shell.run(f"liftlock promote merge {number}")
    shell.run(f"liftlock env up {target} --yes", says=("healthy",))


def a_branch(shell: Shell) -> None:
    """A branch gets an environment of its own, with data."""
    chapter(3, "A branch with an environment of its own and 100,000 rows of synthetic data")
    said = shell.run(f"liftlock branch up --branch {BRANCH}", says=("rows loaded", "http://"))
    rows = int(re.findall(r"([\d,]+) rows loaded", said)[0].replace(",", ""))
    if rows < 100_000:
        raise DemoError(f"the branch has only {rows} rows")
    page = fetch(re.findall(r"http://\S+", said)[-1])
    if not re.search(r"\d[\d,.]{3,}", page):
        raise DemoError("the page does not show the branch's data")
    shell.run("liftlock branch list", says=(BRANCH, "Ada"))


def no_branches(shell: Shell) -> None:
    """What a branch had goes with it."""
    shell.run(f"liftlock branch down --branch {BRANCH}", says=("removed",))
    shell.run("liftlock branch list", says=("no branch has an environment",))


def a_promotion(shell: Shell) -> None:
    """v2 goes to dev and is promoted by a reviewed pull request."""
    chapter(5, "v2: recorded, proved in dev, promoted to staging through a reviewed pull request")
    shell.run("liftlock image record --env dev api=v2 web=v2", says=("sha256:",))
    shell.run("liftlock promote open --from dev --to staging", expect=4)
    shell.run("liftlock env up dev", says=("healthy",))
    number = pull_number(shell.run("liftlock promote open --from dev --to staging"))
    again = shell.run("liftlock promote open --from dev --to staging", says=("adopted",))
    if pull_number(again) != number:
        raise DemoError("a second `promote open` did not adopt the first pull request")
    shell.run(f"liftlock promote status {number}")
    shell.run(f"git diff --unified=0 origin/main origin/{branch_of(shell, number)} -- releases")
    shell.run(f"liftlock promote approve {number}", says=("does not count",))
    shell.run(f"liftlock promote merge {number}", expect=4)
    shell.run(f"liftlock promote approve {number}", as_=GRACE)
    shell.run(f"liftlock promote merge {number}", says=("merged",))
    shell.run("liftlock env up staging", says=("healthy",))
    deployed = {part["name"]: part["digest"] for part in status(shell, "staging")["parts"] if part["role"] == "service"}
    wanted = re.findall(r"(sha256:[0-9a-f]{64})", (shell.folder / "releases" / "staging.yaml").read_text())
    if sorted(deployed.values()) != sorted(wanted):
        raise DemoError(f"staging runs {deployed}, its release says {wanted}")


def drift(shell: Shell) -> None:
    """Changes by hand are shown property by property, and repaired."""
    chapter(6, "Somebody changes staging by hand; drift shows it, env up repairs it")
    shell.run("liftlock drift staging", says=("no drift",))
    shell.run(f"docker update --memory 200m --memory-swap 200m {container('api').name}")
    for command in recreate_command("web", variable="LOG_LEVEL=debug", label="debugged-by=eve"):
        shell.run(command)
    shell.run(f"docker rm -f {container('', 'router').name}")
    before = checksum(shell)
    shell.run("liftlock drift staging", expect=2, says=("memory", "envs.LOG_LEVEL", "labels.debugged-by", "missing"))
    if checksum(shell) != before:
        raise DemoError("drift changed the state")
    print(f"  the state file is what it was: sha256 {before[:16]}")
    shell.run("liftlock env up staging", says=("healthy",))
    shell.run("liftlock drift staging", says=("no drift",))


def a_failure(shell: Shell) -> None:
    """v3 never gets healthy: it is not deployed, the previous version serves, and nothing can promote it."""
    chapter(7, "v3 fails its health check: the previous version serves on, and v3 goes nowhere")
    shell.run("liftlock image record --env dev api=v3 web=v3")
    shell.run("liftlock env up dev", expect=1)
    fetch(status(shell, "dev")["url"])
    shell.run("liftlock promote open --from dev --to staging", expect=4)


def status(shell: Shell, environment: str) -> dict[str, Any]:
    """`env status --json` of one environment."""
    found: dict[str, Any] = json.loads(shell.run(f"liftlock env status {environment} --json", brief=True))["items"][0]
    return found


def branch_of(shell: Shell, number: int) -> str:
    """The head branch of a pull request."""
    return str(json.loads(shell.run(f"liftlock promote status {number} --json", brief=True))["head"])


def pull_number(text: str) -> int:
    """The number of the pull request that a command speaks of."""
    found = re.search(r"#(\d+)", text)
    if found is None:
        raise DemoError("no pull request was named")
    return int(found[1])


def fetch(url: str) -> str:
    """The page as a browser would get it; DemoError for anything but 200."""
    print(f"\n$ curl {url}", flush=True)
    port = url.rstrip("/").rpartition(":")[2]
    answer = httpx.get(f"http://127.0.0.1:{port}/", headers={"Host": url.split("/")[2]}, timeout=10, trust_env=False)
    text = re.sub(r"\s+", " ", re.sub(r"<style.*?</style>|<[^>]+>", " ", answer.text, flags=re.DOTALL)).strip()
    print(f"HTTP {answer.status_code}  {text[:300]}", flush=True)
    if answer.status_code != 200:
        raise DemoError(f"{url} answers HTTP {answer.status_code}")
    return text


def checksum(shell: Shell) -> str:
    """SHA-256 of staging's state file."""
    path = shell.folder / ".liftlock" / "state" / ".pulumi" / "stacks" / "shop" / "staging.json"
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
