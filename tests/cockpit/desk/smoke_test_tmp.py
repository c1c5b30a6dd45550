from desk_kit import FakeRig, D
from venues.model import *
def test_it():
    with FakeRig() as rig:
        loop = rig.launch()
        order = rig.place()
        rig.at(rig.mk, "ack", order.id)
        rig.at(rig.mk, "fill", order.id, "0.02")
        assert len(rig.tk.submitted) == 1
        h = rig.tk.last
        rig.at(rig.tk, "fill", h.client_order_id, "0.02")
        print(loop.books["taker"].owed, rig.log, rig.alarms)
