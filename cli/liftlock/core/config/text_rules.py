"""What the texts of a configuration may be, each rule with the words that a person is told."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PATH = r"[a-z0-9]+([._-]+[a-z0-9]+)*"


@dataclass(frozen=True, slots=True)
class TextRule:
    """Text that the pattern matches as a whole; `says` tells what it should be."""

    pattern: str
    says: str
    longest: int = 4096

    def fits(self, text: str) -> bool:
        """Whether the text is as it should be."""
        return len(text) <= self.longest and re.fullmatch(self.pattern, text) is not None


NAME = TextRule(r"[a-z]([-a-z0-9]*[a-z0-9])?", "a name begins with a letter and has only a-z, 0-9 and inner -, at most 40 characters", 40)
PROJECT_ID = TextRule(r"[a-z0-9]*", "an id has only a-z and 0-9, at most 40 characters", 40)
VARIABLE = TextRule(r"[A-Za-z_][A-Za-z0-9_]*", "an environment variable has only letters, digits and _, and begins with no digit", 200)
REFERENCE = TextRule(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+", "a secret is never written here; say where it is found: env:NAME or file:PATH")
PASSPHRASE = TextRule(
    rf"{REFERENCE.pattern}|command:.+",
    "a passphrase is never written here; say where it is found: env:NAME, file:PATH, or command:PROGRAM ARGUMENTS",
)
FORGE_TOKEN = TextRule(
    rf"(app:[A-Za-z0-9._-]+:)?({PASSPHRASE.pattern})",
    "a token is never written here; say where it is found: env:NAME, file:PATH or command:PROGRAM ARGUMENTS; for a GitHub App "
    "app:ID: and where its private key is found",
)
SIGNING_KEY = TextRule(
    PASSPHRASE.pattern, "a private key is never written here; say where it is found: env:NAME, file:PATH, or command:PROGRAM ARGUMENTS"
)
KEY_FILE = TextRule(
    r"file:(?!/)(?!([^/]*/)*\.\.(/|$))[^\x00-\x1f\\]+", "a public key is a file of this repository, committed with it: file:keys/cosign.pub"
)
_PARAMETERS = r"(\?[^#\s]*)?"
_STORES = (
    r"file://[^?#\s]+",
    rf"(s3|gs|azblob)://[^/?#@:\s]+(/[^?#\s]*)?{_PARAMETERS}",
    rf"postgres://([^/?#@:\s]*(:[^/?#@:\s]*)?@)?(\[[0-9A-Fa-f:.]+\]|[^/?#@:\s]*)(:[0-9]+)?(/[^?#\s]*)?{_PARAMETERS}",
    rf"https://[^/?#@\s]+(/[^?#\s]*)?{_PARAMETERS}",
)
_TELLING = r"\S*://\S*:\S*@|\S*[?&]\w*(password|passwd)="
BACKEND_URL = TextRule(
    "|".join(_STORES),
    "a backend is file://FOLDER, s3://BUCKET, gs://BUCKET, azblob://CONTAINER, postgres://USER:PASSWORD@HOST/DATABASE or https://HOST; "
    "in a password, / is written %2F, : is %3A, @ is %40",
)
BACKEND = TextRule(
    rf"(?!{_TELLING})({BACKEND_URL.pattern})|env:{VARIABLE.pattern}",
    "a backend is a file://, s3://, gs://, azblob://, postgres:// or https:// URL; one that holds a password is given as env:NAME",
)
_KEYS = (
    rf"awskms://(/arn:[^?#\s]+|/?[A-Za-z0-9_-]+(/[A-Za-z0-9/_-]+)?){_PARAMETERS}",
    rf"gcpkms://projects/[^/?#\s]+/locations/[^/?#\s]+/keyRings/[^/?#\s]+/cryptoKeys/[^/?#\s]+{_PARAMETERS}",
    rf"azurekeyvault://[^/?#\s]+/keys/[^/?#\s]+(/[^/?#\s]+)?{_PARAMETERS}",
    rf"hashivault://[^?#\s]+{_PARAMETERS}",
)
SECRETS_PROVIDER = TextRule(
    f"passphrase|{'|'.join(_KEYS)}",
    "a secrets provider is passphrase, or the URL of a key: awskms://ID, awskms://alias/NAME or awskms:///ARN, "
    "gcpkms://projects/…/locations/…/keyRings/…/cryptoKeys/…, azurekeyvault://VAULT/keys/NAME, hashivault://NAME",
)
REGISTRY = TextRule(rf"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{{1,5}})?(/{_PATH})*", "a registry is HOST or HOST:PORT, without https://", 255)
REPOSITORY = TextRule(
    rf"{_PATH}(/{_PATH})*", "a repository is a path below the registry, such as shop/api: no host, no tag, no digest", 255
)
HTTP_PATH = TextRule(r"/[!-~]*", "a path begins with / and has no spaces", 1000)
BRANCH = TextRule(r"[A-Za-z0-9][A-Za-z0-9._/-]*", "this is the name of a Git branch", 200)
ENTRY_ID = TextRule(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", "an id has only a-z, 0-9 and inner -, at most 60 characters", 60)
RELEASE_ID = TextRule(r"rel-[0-9a-f]{16}", "a release is rel- and 16 hex digits; liftlock history shows them")
DIGEST = TextRule(r"sha256:[0-9a-f]{64}", "a digest is sha256: and 64 hex digits; liftlock image resolve finds it")
IMAGE = TextRule(rf"[^@\s]+@{DIGEST.pattern}", "an image is repository@sha256: and 64 hex digits; liftlock image resolve finds it")
PERSON_KEY = TextRule(r"[^@<>\s]+@[^@<>\s]+|@[^@<>\s]+", "this is an address (ada@shop.example) or an account on the forge (@ada)", 320)
MOMENT = TextRule(
    r"[12]\d{3}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?",
    "a time is a date and a time of day: 2030-12-20T18:00, with an offset (+01:00, Z) or in a zone",
)
END = TextRule(rf"never|{MOMENT.pattern}", f"never, or a time: {MOMENT.says}")
ONE_LINE = TextRule(r"[^\x00-\x1f]+", "this is one line of text and not empty")


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    return re.sub(r"(://[^/\s:@]*:)[^/\s]+@", r"\1[secret]@", url)
