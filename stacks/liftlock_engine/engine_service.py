"""Pulumi's `Engine` service for one run: the program's messages and its root resource."""

from __future__ import annotations

import threading
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from liftlock_engine.errors import PULUMI_HINT
from liftlock_engine.events import Reporter, Severity
from liftlock_engine.pulumi_version import SPOKEN, satisfies

_SEVERITIES: Final = {engine_pb2.INFO: Severity.INFO, engine_pb2.WARNING: Severity.WARNING, engine_pb2.ERROR: Severity.ERROR}


class EngineService(engine_pb2_grpc.EngineServicer):
    """Takes the program's messages. Debug lines are dropped, as the CLI drops them: the SDK sends several for each resource."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._root = ""
        self._lock = threading.Lock()

    def Log(self, request: engine_pb2.LogRequest, context: object) -> empty_pb2.Empty:  # noqa: N802, ARG002
        """One message of the program."""
        severity = _SEVERITIES.get(request.severity)
        if severity is not None:
            self._reporter.said(severity, request.message, request.urn, ephemeral=request.ephemeral)
        return empty_pb2.Empty()

    def GetRootResource(  # noqa: N802
        self,
        request: engine_pb2.GetRootResourceRequest,  # noqa: ARG002
        context: object,  # noqa: ARG002
    ) -> engine_pb2.GetRootResourceResponse:
        """The stack's resource."""
        with self._lock:
            return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(  # noqa: N802
        self,
        request: engine_pb2.SetRootResourceRequest,
        context: object,  # noqa: ARG002
    ) -> engine_pb2.SetRootResourceResponse:
        """Remembers the stack's resource."""
        with self._lock:
            self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(  # noqa: N802
        self, request: engine_pb2.RequirePulumiVersionRequest, context: Any
    ) -> engine_pb2.RequirePulumiVersionResponse:
        """Whether the Pulumi that this engine answers as is in the range; the SDK raises the error in the program."""
        asked = request.pulumi_version_range
        try:
            met = satisfies(asked)
        except ValueError as err:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"require_pulumi_version: {err}; write it like >=3.100.0 <4.0.0")
        if not met:
            spoken = ".".join(str(part) for part in SPOKEN)
            refused = f'Pulumi CLI version {spoken} does not satisfy the version range "{asked}"'
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"{refused}; as that one the embedded engine answers\n{PULUMI_HINT}")
        return engine_pb2.RequirePulumiVersionResponse()
