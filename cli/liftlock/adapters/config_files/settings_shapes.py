"""The shapes of what liftlock.yaml says of liftlock's surroundings: the forge, the engine, who signs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from liftlock.adapters.config_files.shape_types import (
    Backend,
    Branch,
    ForgeToken,
    KeyFile,
    NonEmpty,
    Passphrase,
    SecretsProvider,
    Shape,
    SigningKey,
)


class Forge(Shape):
    """Where pull requests live."""

    kind: Literal["local", "github", "gitea", "gitlab"] = Field(
        description="local: a bare Git repository that liftlock serves as a forge. gitea: Forgejo as well.", examples=["github"]
    )
    url: NonEmpty = Field(
        description="local: the bare repository's path, absolute or relative to this file. Others: the repository's web address.",
        examples=["../shop.git", "https://forge.example/shop/environments"],
    )
    base: Branch = Field(default="main", description="The branch that is deployed.", examples=["main"])
    token: ForgeToken | None = Field(
        default=None,
        description="Where the forge's token is: env:NAME, file:PATH or command:PROGRAM ARGUMENTS. For a GitHub App app:ID: and where its "
        "private key is.",
        examples=["env:LIFTLOCK_FORGE_TOKEN", "command:pass show shop/forge", "app:123456:file:~/.config/liftlock/app.pem"],
    )
    api: NonEmpty | None = Field(
        default=None, description="The API's address, where it does not follow from url.", examples=["https://forge.example/api/v3"]
    )
    merge: Literal["merge", "squash", "rebase"] = Field(default="merge", description="How the forge merges.", examples=["squash"])
    queue: bool = Field(
        default=False, description="Hand merges to the forge's own queue (GitHub's merge queue or auto-merge).", examples=[True]
    )


class Engine(Shape):
    """What runs the environment's Pulumi program."""

    kind: Literal["auto", "embedded", "pulumi"] = Field(
        default="auto", description="auto: embedded, unless backend or secrets_provider ask for the Pulumi CLI.", examples=["pulumi"]
    )
    state: NonEmpty = Field(default=".liftlock/state", description="The folder of the state.", examples=[".liftlock/state"])
    passphrase: Passphrase = Field(
        default="file:.liftlock/passphrase",
        description="Where the passphrase of the state's secrets is: env:NAME, file:PATH or command:PROGRAM ARGUMENTS.",
        examples=["env:SHOP_PASSPHRASE", "command:pass show shop/pulumi"],
    )
    backend: Backend | None = Field(
        default=None,
        description="Another place of the state, as Pulumi names it, or env:NAME where its URL is found.",
        examples=["s3://shop-state", "env:SHOP_BACKEND"],
    )
    secrets_provider: SecretsProvider = Field(
        default="passphrase", description="Who keeps the key of the state's secrets.", examples=["awskms://alias/shop?region=eu-west-1"]
    )
    docker_provider: Literal["liftlock", "pulumi"] = Field(
        default="liftlock",
        description="For the Pulumi CLI: liftlock serves its own provider; pulumi lets the CLI download Pulumi's.",
        examples=["liftlock"],
    )


class Signing(Shape):
    """Signs the ledger's record of every promotion."""

    key: SigningKey = Field(
        description="Where the private key is: env:NAME, file:PATH or command:PROGRAM ARGUMENTS. A PEM file without a password.",
        examples=["env:LIFTLOCK_SIGNING_KEY"],
    )
    public: KeyFile = Field(
        description="The public keys that confirm it: a PEM file of this repository. Keep old ones in it.",
        examples=["file:keys/liftlock.pub"],
    )
