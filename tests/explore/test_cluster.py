"""A sweep on a real Dask cluster of two workers, of which one is killed midway."""

from __future__ import annotations

import importlib.util
import os
import signal
import threading

import pytest

import flopcalc
from flopcalc.cluster import connect

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="an extra"),
    pytest.mark.filterwarnings("ignore"),  # of other people's packages
]


def test_a_killed_worker_changes_nothing() -> None:
    from distributed import LocalCluster  # type: ignore[import-not-found,unused-ignore]  # an extra

    alphas = [0.2 + i / 512 for i in range(700)]
    alone = flopcalc.sweep("mobilenet_v1", alpha=alphas, res=[128, 96])
    with (
        LocalCluster(  # type: ignore[no-untyped-call,unused-ignore]  # an extra without types
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        connect(cluster.scheduler_address) as executor,
    ):
        victim = next(iter(cluster.workers.values())).pid
        once = threading.Event()

        def kill(done: int, total: int) -> None:
            del total
            if done and not once.is_set():
                once.set()
                os.kill(victim, signal.SIGKILL)

        spread = flopcalc.sweep(
            "mobilenet_v1", alpha=alphas, res=[128, 96], executor=executor, progress=kill
        )

    assert once.is_set()
    assert spread.planes[0].operations.rows() == alone.planes[0].operations.rows()
    assert spread.planes[0].params.rows() == alone.planes[0].params.rows()


def test_nobody_answers() -> None:
    with (
        pytest.raises(flopcalc.InputError, match="no Dask scheduler answers") as caught,
        connect("tcp://127.0.0.1:1"),
    ):
        pass
    assert caught.value.hint == "for example tcp://host:8786"
