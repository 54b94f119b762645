"""Pulumi's `ResourceMonitor` and `Engine` services over gRPC on a loopback port, for one run of one program."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Protocol, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, resource_pb2, resource_pb2_grpc

from liftlock_engine.deployment import Deployment, Registered
from liftlock_engine.errors import PULUMI_HINT, EngineError, RefusedError
from liftlock_engine.events import Reporter, Severity
from liftlock_engine.executor import StepFailedError, StoppedError
from liftlock_engine.model import Goal, StackName
from liftlock_engine.providers.port import ProviderError
from liftlock_engine.urns import urn_of
from liftlock_engine.wire import UNKNOWN_TEXT, read_struct, write_struct

_FEATURES: Final = {
    "secrets": resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    "resourceReferences": resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    "aliasSpecs": resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    "deletedWith": resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    "invokeDependsOn": resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_DEPENDS_ON,
}
_SERVED_AT_ONCE: Final = 160  # each registration holds a thread until its steps are done; threads are made as they are needed
_OPTIONS: Final = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0))
_SEVERITIES: Final = {engine_pb2.INFO: Severity.INFO, engine_pb2.WARNING: Severity.WARNING, engine_pb2.ERROR: Severity.ERROR}

_Answer = TypeVar("_Answer")


class _Context(Protocol):
    """What we use of a gRPC call's context; grpc ships no types."""

    def abort(self, code: object, details: str) -> NoReturn:
        """Ends the call with an error."""
        ...


class Refusals:
    """What was refused while the program ran; the SDK raises the same words again inside the program."""

    def __init__(self) -> None:
        self.messages: list[str] = []


@dataclass(frozen=True, slots=True)
class _Package:
    name: str
    version: str


class MonitorService(resource_pb2_grpc.ResourceMonitorServicer):
    """Takes the program's requests to the deployment."""

    def __init__(self, deployment: Deployment, stack: StackName, reporter: Reporter, refusals: Refusals, *, preview: bool) -> None:
        self._deployment = deployment
        self._stack = stack
        self._reporter = reporter
        self._refusals = refusals
        self._preview = preview
        self._packages: dict[str, _Package] = {}

    def GetDeploymentInfo(self, request: empty_pb2.Empty, context: _Context) -> resource_pb2.DeploymentInfo:  # noqa: N802, ARG002
        """Which stack this is and what the engine can do."""
        return resource_pb2.DeploymentInfo(
            project=self._stack.project,
            stack=self._stack.stack,
            organization="organization",
            dryRun=self._preview,
            supportedFeatures=list(_FEATURES.values()),
        )

    def SupportsFeature(  # noqa: N802
        self,
        request: resource_pb2.SupportsFeatureRequest,
        context: _Context,  # noqa: ARG002
    ) -> resource_pb2.SupportsFeatureResponse:
        """Whether the engine does what older SDKs ask for by name."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _FEATURES)

    def RegisterPackage(  # noqa: N802
        self, request: resource_pb2.RegisterPackageRequest, context: _Context
    ) -> resource_pb2.RegisterPackageResponse:
        """Remembers which package a reference means."""
        if request.HasField("parameterization") or request.HasField("extension"):
            self._refuse(context, f"the parameterized package {request.name}")
        reference = str(uuid.uuid4())
        self._packages[reference] = _Package(request.name, request.version)
        return resource_pb2.RegisterPackageResponse(ref=reference)

    def RegisterResource(  # noqa: N802
        self, request: resource_pb2.RegisterResourceRequest, context: _Context
    ) -> resource_pb2.RegisterResourceResponse:
        """Makes a resource; answers when it is done."""
        package = self._packages.get(request.packageRef)
        version = package.version if package is not None else request.version
        name = package.name if package is not None else ""

        def register() -> Registered:
            return self._deployment.register(request, name, version)

        made = self._answer(context, register, urn=self._urn(request.parent, request.type, request.name))
        return resource_pb2.RegisterResourceResponse(
            urn=made.urn, id=made.id, object=write_struct(made.outputs), result=resource_pb2.FAIL if made.failed else resource_pb2.SUCCESS
        )

    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: _Context
    ) -> empty_pb2.Empty:
        """Takes a component's outputs."""
        self._answer(context, lambda: self._deployment.register_outputs(request.urn, read_struct(request.outputs)), urn=request.urn)
        return empty_pb2.Empty()

    def ReadResource(self, request: resource_pb2.ReadResourceRequest, context: _Context) -> resource_pb2.ReadResourceResponse:  # noqa: N802
        """Reads an object that the stack does not own."""
        urn = self._urn(request.parent, request.type, request.name)
        package = self._packages.get(request.packageRef)

        def read() -> Registered:
            goal = Goal(
                urn=urn,
                type=request.type,
                name=request.name,
                custom=True,
                inputs=read_struct(request.properties),
                parent=request.parent,
                dependencies=tuple(sorted(request.dependencies)),
                provider=request.provider,
                additional_secret_outputs=tuple(request.additionalSecretOutputs),
            )
            known_id = "" if request.id == UNKNOWN_TEXT else request.id
            return self._deployment.read(goal, known_id, package.version if package is not None else request.version)

        seen = self._answer(context, read, urn=urn)
        return resource_pb2.ReadResourceResponse(
            urn=seen.urn,
            id=seen.id,
            properties=write_struct(seen.outputs),
            result=resource_pb2.FAIL if seen.failed else resource_pb2.SUCCESS,
            unknown=not seen.id and not seen.failed,
        )

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest, context: _Context) -> resource_pb2.ResourceInvokeResponse:  # noqa: N802
        """Calls a provider's function."""
        package = self._packages.get(request.packageRef)
        version = package.version if package is not None else request.version

        def invoke() -> resource_pb2.ResourceInvokeResponse:
            args = read_struct(request.args)
            try:
                found = self._deployment.invoke(request.tok, args, request.provider, version, tuple(request.dependsOn))
            except ProviderError as err:
                failure = provider_pb2.CheckFailure(property="", reason=str(err))
                return resource_pb2.ResourceInvokeResponse(failures=[failure])
            if found is None:
                return resource_pb2.ResourceInvokeResponse(unknown=True)
            response = resource_pb2.ResourceInvokeResponse()
            getattr(response, "return").CopyFrom(write_struct(found))  # a field named by a keyword
            return response

        return self._answer(context, invoke)

    def Call(self, request: resource_pb2.ResourceCallRequest, context: _Context) -> NoReturn:  # noqa: N802
        """Methods of remote components are not served."""
        self._refuse(context, f"the method call {request.tok}")

    def ExistsResource(self, request: resource_pb2.ExistsResourceRequest, context: _Context) -> NoReturn:  # noqa: N802
        """Not served."""
        self._refuse(context, f"asking whether a {request.type} exists (ExistsResource)")

    def RegisterStackTransform(self, request: object, context: _Context) -> NoReturn:  # noqa: N802, ARG002
        """Not served."""
        self._refuse(context, "stack transforms")

    def RegisterStackInvokeTransform(self, request: object, context: _Context) -> NoReturn:  # noqa: N802, ARG002
        """Not served."""
        self._refuse(context, "invoke transforms")

    def RegisterResourceHook(self, request: object, context: _Context) -> NoReturn:  # noqa: N802, ARG002
        """Not served."""
        self._refuse(context, "resource hooks")

    def RegisterErrorHook(self, request: object, context: _Context) -> NoReturn:  # noqa: N802, ARG002
        """Not served."""
        self._refuse(context, "error hooks")

    def SignalAndWaitForShutdown(self, request: empty_pb2.Empty, context: _Context) -> empty_pb2.Empty:  # noqa: N802, ARG002
        """The program waits for nothing more: there are no hooks that would call back into it."""
        return empty_pb2.Empty()

    def _urn(self, parent: str, type_: str, name: str) -> str:
        return urn_of(self._stack.stack, self._stack.project, parent, type_, name)

    def _answer(self, context: _Context, work: Callable[[], _Answer], *, urn: str = "") -> _Answer:
        """Runs the work; what it raises becomes the RPC's error, in the words that the user is to read."""
        try:
            return work()
        except StoppedError:
            context.abort(grpc.StatusCode.UNAVAILABLE, "the run is ending")
        except EngineError as err:
            self._note_refusal(str(err), urn)
            context.abort(grpc.StatusCode.UNKNOWN, str(err))
        except StepFailedError as err:
            self._refusals.messages.append(str(err))
            context.abort(grpc.StatusCode.UNKNOWN, str(err))
        except BaseException as err:  # noqa: BLE001 - a bug; the run raises it, and the program must get some answer
            self._deployment.crashed(err)
            context.abort(grpc.StatusCode.UNAVAILABLE, "the run is ending")

    def _refuse(self, context: _Context, what: str) -> NoReturn:
        refused = RefusedError(f"the embedded engine does not support {what}", hint=PULUMI_HINT)
        self._note_refusal(str(refused), "")
        context.abort(grpc.StatusCode.UNKNOWN, str(refused))

    def _note_refusal(self, message: str, urn: str) -> None:
        self._refusals.messages.append(message)
        self._reporter.refused(urn, message)


class EngineService(engine_pb2_grpc.EngineServicer):
    """Takes the program's messages. Debug lines are dropped: the SDK sends several for each resource."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._root = ""
        self._lock = threading.Lock()

    def Log(self, request: engine_pb2.LogRequest, context: _Context) -> empty_pb2.Empty:  # noqa: N802, ARG002
        """One message of the program."""
        severity = _SEVERITIES.get(request.severity)
        if severity is not None:
            self._reporter.diagnostic(severity, request.message, request.urn)
        return empty_pb2.Empty()

    def GetRootResource(  # noqa: N802
        self,
        request: engine_pb2.GetRootResourceRequest,  # noqa: ARG002
        context: _Context,  # noqa: ARG002
    ) -> engine_pb2.GetRootResourceResponse:
        """The stack's resource."""
        with self._lock:
            return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(  # noqa: N802
        self,
        request: engine_pb2.SetRootResourceRequest,
        context: _Context,  # noqa: ARG002
    ) -> engine_pb2.SetRootResourceResponse:
        """Remembers the stack's resource."""
        with self._lock:
            self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(  # noqa: N802
        self,
        request: engine_pb2.RequirePulumiVersionRequest,  # noqa: ARG002
        context: _Context,  # noqa: ARG002
    ) -> engine_pb2.RequirePulumiVersionResponse:
        """The embedded engine has no Pulumi version; what it cannot do it refuses by name."""
        return engine_pb2.RequirePulumiVersionResponse()


@contextlib.contextmanager
def serve(monitor: MonitorService, engine: EngineService) -> Iterator[str]:
    """Serves both on one loopback port while the block runs; yields the address."""
    pool = futures.ThreadPoolExecutor(max_workers=_SERVED_AT_ONCE, thread_name_prefix="monitor")
    server: Any = grpc.server(pool, options=_OPTIONS)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(grace=5).wait()
        pool.shutdown(wait=True)
