"""Pulumi's service `ResourceProvider` over the provider port: each call is translated, done, and answered in the provider's words."""

# ruff: noqa: N802, ARG002 - the protocol gives the methods their names and arguments
from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from liftlock_engine.errors import EngineError
from liftlock_engine.plugin.messages import diff_message, failures, options_diff, plain, provider_options, struct
from liftlock_engine.plugin.packages import Package
from liftlock_engine.plugins import Configurable
from liftlock_engine.providers.port import CheckFailure, Provider, ProviderError, UnreachableError
from liftlock_engine.secrecy import has_unknown
from liftlock_engine.values import PropertyMap


class ProviderServicer(provider_pb2_grpc.ResourceProviderServicer):
    """One package, for one engine. Calls come from many threads.

    What is not here (Parameterize, Construct, Call, List, GetMapping) answers "unimplemented", which the engine takes for an answer.
    A partial failure (an object that exists and is not well) is never reported: a create that fails leaves nothing, and after an update
    that failed the old inputs must stay on record, or the next run would see nothing left to do.
    """

    def __init__(self, package: Package) -> None:
        self._package = package
        self._provider: Provider = package.provider

    # --- the plugin itself ---

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Asks for plain values: providers see no secrets' wrappers, and the engine marks outputs by the rule of `secrecy.conceal`."""
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """The version of the SDK that this serves."""
        return plugin_pb2.PluginInfo(version=self._package.version)

    def GetSchema(self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext) -> provider_pb2.GetSchemaResponse:
        """The package in Pulumi's schema language."""
        return provider_pb2.GetSchemaResponse(schema=json.dumps(self._package.schema()))

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """An engine that did not start this process. Nothing is said back to it, so its address is not kept."""
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Running calls end soon. The process stays: the engine still wants their answers, and ends it with a signal."""
        self._package.provider.cancel()
        return empty_pb2.Empty()

    # --- its options ---

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Options that the provider would not take are failures now, not in the middle of a run."""
        options = provider_options(request.news)
        try:
            self._configured({key: value for key, value in options.items() if not has_unknown(value)})
        except ProviderError as err:
            return provider_pb2.CheckResponse(inputs=request.news, failures=failures((CheckFailure("", str(err)),)))
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Other options are an update of the provider, never a replacement."""
        old = request.old_inputs if request.HasField("old_inputs") else request.olds
        return diff_message(options_diff(provider_options(old), provider_options(request.news)))

    def Configure(self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext) -> provider_pb2.ConfigureResponse:
        """The provider with its options. Says again what Handshake said, for engines that have no handshake."""
        with _answering(context):
            self._provider = self._configured(provider_options(request.args))
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def _configured(self, options: PropertyMap) -> Provider:
        provider = self._package.provider
        if not options:
            return provider
        if not isinstance(provider, Configurable):
            raise ProviderError(f"the provider {provider.package} takes no options (given: {', '.join(sorted(options))})")
        return provider.configured(options)

    # --- resources ---

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """See Provider.check. An engine sends empty old inputs where there are none."""
        with _answering(context):
            old = plain(request.olds) or None
            checked = self._provider.check(request.urn, _type(request), old, plain(request.news), seed=request.randomSeed)
            return provider_pb2.CheckResponse(inputs=struct(checked.inputs), failures=failures(checked.failures))

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """See Provider.diff."""
        with _answering(context):
            outputs = plain(request.olds)
            inputs = plain(request.old_inputs) if request.HasField("old_inputs") else outputs
            ignore = tuple(request.ignoreChanges)
            news = plain(request.news)
            return diff_message(self._provider.diff(request.urn, _type(request), request.id, inputs, outputs, news, ignore=ignore))

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """See Provider.create; in a preview Provider.predict."""
        with _answering(context):
            inputs = plain(request.properties)
            if request.preview:
                outputs = self._provider.predict(request.urn, _type(request), inputs, None)
                return provider_pb2.CreateResponse(properties=struct(outputs))
            made = self._provider.create(request.urn, _type(request), inputs, timeout=request.timeout or None)
            return provider_pb2.CreateResponse(id=made.id, properties=struct(made.outputs))

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """See Provider.read. An empty id says that the object is not there."""
        with _answering(context):
            inputs = plain(request.inputs) if request.HasField("inputs") else None
            seen = self._provider.read(request.urn, _type(request), request.id, inputs, plain(request.properties))
            if seen.id is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(id=seen.id, inputs=struct(seen.inputs), properties=struct(seen.outputs))

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """See Provider.update; in a preview Provider.predict."""
        with _answering(context):
            outputs, news = plain(request.olds), plain(request.news)
            inputs = plain(request.old_inputs) if request.HasField("old_inputs") else outputs
            if request.preview:
                foreseen = self._provider.predict(request.urn, _type(request), news, outputs)
                return provider_pb2.UpdateResponse(properties=struct(foreseen))
            timeout = request.timeout or None
            changed = self._provider.update(request.urn, _type(request), request.id, inputs, outputs, news, timeout=timeout)
            return provider_pb2.UpdateResponse(properties=struct(changed))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """See Provider.delete."""
        with _answering(context):
            outputs = plain(request.properties)
            inputs = plain(request.old_inputs) if request.HasField("old_inputs") else outputs
            self._provider.delete(request.urn, _type(request), request.id, inputs, outputs, timeout=request.timeout or None)
            return empty_pb2.Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        """See Provider.invoke."""
        with _answering(context):
            answer = self._provider.invoke(request.tok, plain(request.args))
            response = provider_pb2.InvokeResponse()
            getattr(response, "return").CopyFrom(struct(answer))
            return response


_Typed = (
    provider_pb2.CheckRequest
    | provider_pb2.DiffRequest
    | provider_pb2.CreateRequest
    | provider_pb2.ReadRequest
    | provider_pb2.UpdateRequest
    | provider_pb2.DeleteRequest
)


def _type(request: _Typed) -> str:
    """The resource's type token; old engines say it in the URN only, after the types of its parents."""
    return request.type or request.urn.split("::")[2].rsplit("$", 1)[-1]


@contextmanager
def _answering(context: grpc.ServicerContext) -> Iterator[None]:
    """Failures in the provider's words. UNKNOWN says that nobody knows what became of the object; any other code, that nothing did."""
    try:
        yield
    except UnreachableError as err:
        context.abort(grpc.StatusCode.UNKNOWN, str(err))
    except ProviderError as err:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(err))
    except EngineError as err:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(err))
