"""The built-in provider of the package docker: each call goes to the pure rules or to the resource that carries it out."""

from __future__ import annotations

from liftlock_engine.providers.docker.check import check_inputs
from liftlock_engine.providers.docker.connection import Connection
from liftlock_engine.providers.docker.container_outputs import predict_outputs
from liftlock_engine.providers.docker.containers import Containers
from liftlock_engine.providers.docker.diff import diff_inputs
from liftlock_engine.providers.docker.images import Images, RemoteImages
from liftlock_engine.providers.docker.networks import Networks, network_outputs
from liftlock_engine.providers.docker.schema import CONTAINER, NETWORK, REMOTE_IMAGE, RESOURCES, VOLUME
from liftlock_engine.providers.docker.volumes import Volumes
from liftlock_engine.providers.port import Checked, Diff, Made, ProviderError, Seen
from liftlock_engine.values import PropertyMap

_COMPUTED = {NETWORK: ("ipamConfigs", "options", "scope"), VOLUME: ("mountpoint",), REMOTE_IMAGE: ("imageId", "repoDigest")}


class DockerProvider:
    """Networks, volumes, containers and images of one Docker engine.

    base_url: as in DOCKER_HOST; None for the environment's own. owner_labels: labels whose values, equal to those that the inputs declare,
    mark an object as ours: only such an object is taken over or removed by its name.
    """

    package = "docker"

    def __init__(self, base_url: str | None = None, owner_labels: tuple[str, ...] = ()) -> None:
        self._connection = Connection(base_url)
        self._images = Images(self._connection)
        self._containers = Containers(self._connection, self._images, owner_labels)
        self._networks = Networks(self._connection, owner_labels)
        self._volumes = Volumes(self._connection, owner_labels)
        self._remote_images = RemoteImages(self._connection, self._images)
        self._owner_labels = owner_labels
        self._elsewhere: list[DockerProvider] = []

    def configured(self, options: PropertyMap) -> DockerProvider:
        """The provider for another Docker host, as `docker.Provider("name", host=...)` asks; it is closed and cancelled with this one."""
        refused = sorted(set(options) - {"host"})
        if refused:
            raise ProviderError(f"the option {', '.join(refused)} is not offered by the built-in docker provider; {_WAY_OUT}")
        host = options.get("host")
        if not isinstance(host, str) or not host.startswith(("unix://", "tcp://", "http://", "https://")):
            raise ProviderError(f"the docker provider's host {host!r} is not an address; use unix:///path or tcp://host:port")
        provider = DockerProvider(host, self._owner_labels)
        self._elsewhere.append(provider)
        return provider

    def close(self) -> None:
        """Gives the sockets back; a later call opens them again."""
        for provider in (self, *self._elsewhere):
            provider._connection.close()

    def check(self, urn: str, type_: str, old_inputs: PropertyMap | None, new_inputs: PropertyMap, *, seed: bytes) -> Checked:
        """See Provider.check."""
        return check_inputs(urn, _known(type_), old_inputs, new_inputs, seed)

    def diff(
        self,
        urn: str,  # noqa: ARG002  # the port's signature
        type_: str,
        id_: str,  # noqa: ARG002
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,  # noqa: ARG002  # Docker's own choices are no difference
        new_inputs: PropertyMap,
        *,
        ignore: tuple[str, ...] = (),
    ) -> Diff:
        """See Provider.diff."""
        return diff_inputs(_known(type_), old_inputs, new_inputs, ignore)

    def predict(self, urn: str, type_: str, inputs: PropertyMap, old_outputs: PropertyMap | None) -> PropertyMap:  # noqa: ARG002
        """See Provider.predict."""
        if type_ == CONTAINER:
            return predict_outputs(type_, inputs, old_outputs)
        return predict_outputs(_known(type_), inputs, old_outputs, _COMPUTED[type_])

    def create(self, urn: str, type_: str, inputs: PropertyMap, *, timeout: float | None = None) -> Made:
        """See Provider.create."""
        match _known(type_):
            case "docker:index/container:Container":
                return self._containers.create(urn, inputs, timeout)
            case "docker:index/network:Network":
                return self._networks.create(urn, inputs)
            case "docker:index/volume:Volume":
                return self._volumes.create(urn, inputs)
            case _:
                return self._remote_images.create(inputs)

    def read(self, urn: str, type_: str, id_: str, inputs: PropertyMap | None, outputs: PropertyMap | None) -> Seen:  # noqa: ARG002
        """See Provider.read. A stopped container that must run says `mustRun: false` and has an exitCode."""
        match _known(type_):
            case "docker:index/container:Container":
                return self._containers.read(id_, inputs)
            case "docker:index/network:Network":
                return self._networks.read(id_, inputs)
            case "docker:index/volume:Volume":
                return self._volumes.read(id_, inputs)
            case _:
                return self._remote_images.read(id_, inputs)

    def update(
        self,
        urn: str,
        type_: str,
        id_: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        new_inputs: PropertyMap,
        *,
        timeout: float | None = None,
    ) -> PropertyMap:
        """See Provider.update."""
        match _known(type_):
            case "docker:index/container:Container":
                return self._containers.update(urn, id_, old_inputs, old_outputs, new_inputs, timeout)
            case "docker:index/remoteImage:RemoteImage":
                return self._remote_images.update(new_inputs)
            case _:
                raise ProviderError(f"{type_} cannot change in place; it is replaced")

    def delete(
        self,
        urn: str,  # noqa: ARG002
        type_: str,
        id_: str,
        inputs: PropertyMap,
        outputs: PropertyMap,  # noqa: ARG002
        *,
        timeout: float | None = None,  # noqa: ARG002  # a removal is bounded by its grace
    ) -> None:
        """See Provider.delete."""
        match _known(type_):
            case "docker:index/container:Container":
                self._containers.delete(id_, inputs)
            case "docker:index/network:Network":
                self._networks.delete(id_, inputs)
            case "docker:index/volume:Volume":
                self._volumes.delete(id_)
            case _:
                self._remote_images.delete(inputs)

    def locate(self, urn: str, type_: str, inputs: PropertyMap, *, since: str = "") -> str | None:  # noqa: ARG002
        """See Provider.locate. What is found may be half made: it is to be deleted and created anew, or read and compared."""
        match _known(type_):
            case "docker:index/container:Container":
                return self._containers.locate(inputs, since)
            case "docker:index/network:Network":
                return self._networks.locate(inputs, since)
            case "docker:index/volume:Volume":
                return self._volumes.locate(inputs)
            case _:
                return None  # a pulled image is nobody's

    def invoke(self, token: str, args: PropertyMap) -> PropertyMap:
        """See Provider.invoke: getNetwork and getRemoteImage."""
        name = str(args.get("name", ""))
        match token:
            case "docker:index/getNetwork:getNetwork":
                found = self._networks.named(name)
                if found is None:
                    raise ProviderError(f"there is no network {name!r}; see `docker network ls`")
                wanted = ("driver", "id", "internal", "ipamConfigs", "name", "options", "scope")
                return {key: value for key, value in network_outputs(found).items() if key in wanted}
            case "docker:index/getRemoteImage:getRemoteImage":
                outputs = self._remote_images.read("", {"name": name}).outputs
                if not outputs:
                    raise ProviderError(f"image {name!r} is not on this machine; pull it first")
                return {"id": outputs["imageId"], "name": name, "repoDigest": outputs["repoDigest"]}
            case _:
                raise ProviderError(f"the function {token} is not offered by the built-in docker provider; {_WAY_OUT}")

    def cancel(self) -> None:
        """See Provider.cancel."""
        for provider in (self, *self._elsewhere):
            provider._connection.cancel()


_WAY_OUT = "install the Pulumi CLI with its docker provider to use it"


def _known(type_: str) -> str:
    if type_ not in RESOURCES:
        raise ProviderError(f"the resource type {type_} is not offered by the built-in docker provider; {_WAY_OUT}")
    return type_
