"""Pulumi's `ResourceMonitor` service for one run of one program."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any, NoReturn, Protocol, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import callback_pb2, resource_pb2, resource_pb2_grpc

from liftlock_engine.deployment import Deployment, Registered
from liftlock_engine.errors import PULUMI_HINT, EngineError, RefusedError
from liftlock_engine.events import Reporter
from liftlock_engine.execution import StepFailedError, StoppedError
from liftlock_engine.features import FEATURES
from liftlock_engine.goals import read_goal_of
from liftlock_engine.known_fields import refuse_unknown
from liftlock_engine.lineage import Lineage
from liftlock_engine.model import StackName
from liftlock_engine.program_hooks import ProgramHooks
from liftlock_engine.provider_choice import Asked
from liftlock_engine.providers.port import ProviderError
from liftlock_engine.signatures import UNKNOWN_TEXT
from liftlock_engine.transforms import Transforms
from liftlock_engine.urns import package_of, urn_of
from liftlock_engine.wire import read_struct, write_struct

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


class MonitorService(resource_pb2_grpc.ResourceMonitorServicer):
    """Takes the program's requests to the deployment. finished: set when the program has registered everything; it then waits for end()."""

    def __init__(
        self,
        deployment: Deployment,
        stack: StackName,
        reporter: Reporter,
        refusals: Refusals,
        transforms: Transforms,
        hooks: ProgramHooks,
        *,
        preview: bool,
        finished: threading.Event,
    ) -> None:
        self._deployment = deployment
        self._stack = stack
        self._reporter = reporter
        self._refusals = refusals
        self._preview = preview
        self._packages: dict[str, Asked] = {}
        self._transforms = transforms
        self._hooks = hooks
        self._lineage = Lineage(transforms)
        self._finished = finished
        self._ended = threading.Event()

    def end(self) -> None:
        """Lets the program go: nothing calls back into it any more."""
        self._ended.set()

    def GetDeploymentInfo(self, request: empty_pb2.Empty, context: _Context) -> resource_pb2.DeploymentInfo:  # noqa: N802, ARG002
        """Which stack this is and what the engine can do."""
        return resource_pb2.DeploymentInfo(
            project=self._stack.project,
            stack=self._stack.stack,
            organization="organization",
            dryRun=self._preview,
            supportedFeatures=list(FEATURES.values()),
        )

    def SupportsFeature(  # noqa: N802
        self,
        request: resource_pb2.SupportsFeatureRequest,
        context: _Context,  # noqa: ARG002
    ) -> resource_pb2.SupportsFeatureResponse:
        """Whether the engine does what older SDKs ask for by name."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in FEATURES)

    def RegisterPackage(  # noqa: N802
        self, request: resource_pb2.RegisterPackageRequest, context: _Context
    ) -> resource_pb2.RegisterPackageResponse:
        """Remembers which package a reference means."""
        if request.HasField("parameterization") or request.HasField("extension"):
            self._refuse(context, f"the parameterized package {request.name}")
        reference = str(uuid.uuid4())
        self._packages[reference] = Asked(request.name, request.version, request.download_url)
        return resource_pb2.RegisterPackageResponse(ref=reference)

    def RegisterResource(  # noqa: N802
        self, request: resource_pb2.RegisterResourceRequest, context: _Context
    ) -> resource_pb2.RegisterResourceResponse:
        """Makes a resource; answers when it is done."""

        def register() -> Registered:
            with self._lineage.in_flight(request.parent):
                completed = self._lineage.complete(request)
                made = self._deployment.register(completed, self._asked(completed))
                self._lineage.add(made.urn, completed, request.transforms, made.id)
                return made

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

        def read() -> Registered:
            known_id = "" if request.id == UNKNOWN_TEXT else request.id
            seen = self._deployment.read(read_goal_of(request, urn), known_id, self._asked(request))
            self._lineage.add_read(seen.urn, request.parent, seen.id)
            return seen

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

        def invoke() -> resource_pb2.ResourceInvokeResponse:
            refuse_unknown(request, request.tok)
            asked = resource_pb2.ResourceInvokeRequest()
            asked.CopyFrom(request)
            asked.provider = request.provider or self._lineage.provider_for(request.parent, package_of(request.tok))
            asked = self._transforms.apply_to_invoke(asked)
            if self._lineage.unresolved(request.dependsOn):
                return resource_pb2.ResourceInvokeResponse(unknown=True)
            try:
                found = self._deployment.invoke(asked.tok, read_struct(asked.args), asked.provider, self._asked(asked))
            except ProviderError as err:
                raise ProviderError(f"invocation of {asked.tok} returned an error: {err}") from err
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

    def RegisterStackTransform(self, request: callback_pb2.Callback, context: _Context) -> empty_pb2.Empty:  # noqa: N802
        """Takes a function that changes every resource from now on."""
        self._answer(context, lambda: self._transforms.add(request))
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: callback_pb2.Callback, context: _Context) -> empty_pb2.Empty:  # noqa: N802
        """Takes a function that changes every function call from now on."""
        self._answer(context, lambda: self._transforms.add_for_invokes(request))
        return empty_pb2.Empty()

    def RegisterResourceHook(  # noqa: N802
        self, request: resource_pb2.RegisterResourceHookRequest, context: _Context
    ) -> empty_pb2.Empty:
        """Takes a function that resources name to be called around their steps."""
        self._answer(context, lambda: self._hooks.register(request))
        return empty_pb2.Empty()

    def RegisterErrorHook(self, request: resource_pb2.RegisterErrorHookRequest, context: _Context) -> empty_pb2.Empty:  # noqa: N802
        """Takes a function that resources name to be asked whether a failed step is tried again."""
        self._answer(context, lambda: self._hooks.register_on_error(request))
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: empty_pb2.Empty, context: _Context) -> empty_pb2.Empty:  # noqa: N802, ARG002
        """The program has registered everything. It is kept until the run ends: hooks of what is deleted call back into it."""
        self._finished.set()
        self._ended.wait()
        return empty_pb2.Empty()

    def _asked(self, request: Any) -> Asked:
        """What a request says of its plugin; a package that was registered before says it in its stead."""
        return self._packages.get(request.packageRef) or Asked("", request.version, request.pluginDownloadURL)

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
        except ProviderError as err:  # of a function; the program may do without
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
