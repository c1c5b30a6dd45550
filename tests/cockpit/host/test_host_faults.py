"""Faults of paper accounts, switched by the operator on the exchange in this very process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from host_kit import Host
from paper_rig import PaperRig

from cockpit.link import messages as m
from venues.model import OrderStatus


@pytest.fixture
def paper() -> Iterator[PaperRig]:
    with PaperRig() as rig:
        yield rig


def test_faults_of_a_paper_account(paper: PaperRig) -> None:
    host = Host(paper)
    error = host.no(m.Fault("mk", "fire"))
    for word in ("kind", "'fire'", "unreachable, slow, gap, reject, mute, deaf, rollback, clear"):
        assert word in error
    assert host.ok(m.Fault("mk", "unreachable"), seconds=10) == {"account": "mk", "fault": "unreachable"}
    accounts = {row.name: row for row in host.tables().accounts}
    assert (accounts["mk"].health.value, accounts["tk"].health.value) == ("down", "live")
    assert accounts["mk"].note
    host.ok(m.Fault("mk", "clear"), seconds=20)
    assert {row.name: row.health.value for row in host.tables().accounts}["mk"] == "live"


def test_orders_are_rejected_under_the_reject_fault_and_no_longer_after(paper: PaperRig) -> None:
    host = Host(paper)
    host.ok(m.Fault("mk", "reject"))
    host.ok(m.Launch("hedge", {"maker": "mk", "taker": "tk", "ticker": "BTC", "size": "0.05"}), seconds=2)
    assert OrderStatus.REJECTED in {row.status for row in host.tables().orders}
    host.ok(m.Fault("mk", "clear"), seconds=2)
    paper.swing_until(lambda: host.tables().loops[0].iterations_done >= 2)
