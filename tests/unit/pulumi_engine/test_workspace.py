"""The inline program: whatever a run that broke off leaves of it ends before the command goes on."""

from __future__ import annotations

import asyncio
import threading

import pytest

from liftlock.adapters.engines.pulumi.workspace import Program


@pytest.mark.parametrize("lives_on", [False, True])
def test_what_a_run_that_broke_off_left_ends_inside_its_own_loop(*, lives_on: bool) -> None:
    program = Program(lambda: None)
    begun, go, over, ended = threading.Event(), threading.Event(), threading.Event(), list[asyncio.AbstractEventLoop]()
    loop = asyncio.new_event_loop()

    async def waiting() -> None:
        program()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(asyncio.get_running_loop())

    async def breaking() -> None:
        begun.set()
        await asyncio.to_thread(go.wait)
        loop.stop()

    def serve() -> None:
        tasks = [loop.create_task(waiting()), loop.create_task(breaking())]
        loop.run_forever()
        assert not tasks[0].done()
        if lives_on:  # as the threads of a pool do
            over.wait(20)

    thread = threading.Thread(target=serve)
    thread.start()
    assert begun.wait(20)
    threading.Timer(0.05, go.set).start()
    program.close()
    assert ended == [loop]
    assert loop.is_closed()
    over.set()
    thread.join()
