"""The chapter about data: what columns hold, an anonymised golden copy, a branch cloned from it, and the proof that nobody is named."""

from __future__ import annotations

import re

from demo.shell import DemoError, Shell, chapter

KEY = "../pseudonyms.key"
_DECISIONS = (
    (r"^key: .*$", f"key: file:{KEY}"),
    (r'"\$\.reference": unclassified.*$', '"$.reference": {kind: identifier, rule: pseudonym}'),
    (r" name: unclassified.*$", " name: {kind: category, rule: keep} # products, not people"),
    (
        r"^tables:$",
        "accepted:\n  - {problem: 'unproved-check:public.customers.email', reason: every address that is made has an @}\n\ntables:",
    ),
)


def anonymised_data(shell: Shell, source: str) -> None:
    """Another branch gets the rows of the source, with nobody's name in them. source: ENV/DB of a filled database."""
    chapter(4, "Another branch with anonymised data: classified, copied, proved, cloned in seconds")
    shell.run(f"liftlock data init {source}", says=("data/shop.yaml written",))
    shell.run(f"liftlock data plan {source}", expect=78, brief=True)
    _decide(shell)
    shell.run(f"liftlock data plan {source}", says=("nothing speaks against",))
    shell.run(f"liftlock data snapshot create shop --from {source} --anonymise --name nightly", says=("nightly: made, anonymised",))
    shell.run("liftlock branch up --branch feature/search --data anonymised", says=("cloned from nightly",))
    shell.run(f"liftlock data check --from {source} --to feature/search/shop", says=("no leak",))
    shell.run("liftlock data snapshot list", says=("nightly", "feature-search"))
    shell.run("liftlock branch down --branch feature/search", says=("removed",))
    shell.run("git add data")
    shell.run("git commit --quiet --message 'Classify the columns of the shop'")
    shell.run("git push --quiet origin main")


def _decide(shell: Shell) -> None:
    """What the proposal left open is decided, as a person would in an editor, and a key is made."""
    path = shell.folder / "data" / "shop.yaml"
    text = path.read_text(encoding="utf-8")
    print("\n  a person decides in data/shop.yaml:", flush=True)
    for pattern, decided in _DECISIONS:
        text, count = re.subn(pattern, decided.replace("\\", r"\\"), text, flags=re.MULTILINE)
        if not count:
            raise DemoError(f"data/shop.yaml has nothing like {pattern}")
        print(f"    {decided.strip()}".replace("\n", "\n    "), flush=True)
    path.write_text(text, encoding="utf-8")
    shell.run(f"liftlock data key new --output {KEY}")
