"""A local server of S3 and KMS for tests: moto, on a loopback port of this process. It is not AWS, but speaks its protocols."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

_REGION = "us-east-1"
_NAMES = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def _signed(service: str) -> dict[str, str]:
    """moto looks at whom a request is for, and not at its signature."""
    scope = f"testing/20200101/{_REGION}/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"}


@dataclass(frozen=True, slots=True)
class RunningAws:
    """url: where S3 and KMS are served. variables: what a client finds in its environment."""

    url: str
    variables: Mapping[str, str]

    def bucket(self, name: str) -> str:
        """A new bucket's URL, as Pulumi names a backend."""
        self._objects("PUT", name)
        return f"s3://{name}?endpoint={quote(self.url, safe='')}&region={_REGION}&s3ForcePathStyle=true"

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Everything in the bucket, by name."""
        listed = ElementTree.fromstring(self._objects("GET", f"{bucket}?list-type=2"))  # noqa: S314 - our own server
        names = [str(item.text) for item in listed.iter(f"{_NAMES}Key")]
        return {name: self._objects("GET", f"{bucket}/{name}") for name in names}

    def put(self, bucket: str, name: str, content: bytes) -> None:
        """Stores one object."""
        self._objects("PUT", f"{bucket}/{name}", content)

    def key(self) -> str:
        """A new key's URL, as Pulumi names who keeps the key of secrets."""
        headers = {**_signed("kms"), "X-Amz-Target": "TrentService.CreateKey", "Content-Type": "application/x-amz-json-1.1"}
        made = httpx.post(self.url, headers=headers, json={}, timeout=60).raise_for_status().json()["KeyMetadata"]["KeyId"]
        return f"awskms:///{made}?endpoint={quote(self.url, safe='')}&region={_REGION}"

    def _objects(self, method: str, path: str, content: bytes | None = None) -> bytes:
        return httpx.request(method, f"{self.url}/{path}", headers=_signed("s3"), content=content, timeout=60).raise_for_status().content


@contextmanager
def run_aws() -> Iterator[RunningAws]:
    """A fresh server, ended with the block. It forgets everything."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it tells every request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # The CLI must not look for credentials elsewhere: asking the metadata service of a cloud takes seconds where there is none.
    variables = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"}
    try:
        yield RunningAws(f"http://{host}:{port}", variables)
    finally:
        server.stop()
