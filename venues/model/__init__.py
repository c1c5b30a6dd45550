"""The domain model, in the field's words."""

from venues.model.account import (
    BalanceReport,
    FundingPayment,
    FundingRate,
    PositionStatusReport,
    Transfer,
    TransferKind,
)
from venues.model.book import BookUpdate, Level
from venues.model.clock import NS_PER_MS, NS_PER_S, Clock, ManualClock, SteadyClock, SystemClock
from venues.model.errors import InstrumentError, VenueBusy, VenueError, VenueRejected, VenueUnavailable
from venues.model.instrument import Instrument, InstrumentKind
from venues.model.orders import (
    TERMINAL_STATUSES,
    CancelReport,
    FillReport,
    LiquiditySide,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    RejectReason,
    Side,
    TimeInForce,
)
from venues.model.venue import (
    Capabilities,
    FillPage,
    Health,
    Mode,
    Pricing,
    Venue,
    VenueListener,
)

__all__ = [
    "NS_PER_MS",
    "NS_PER_S",
    "TERMINAL_STATUSES",
    "BalanceReport",
    "BookUpdate",
    "CancelReport",
    "Capabilities",
    "Clock",
    "FillPage",
    "FillReport",
    "FundingPayment",
    "FundingRate",
    "Health",
    "Instrument",
    "InstrumentError",
    "InstrumentKind",
    "Level",
    "LiquiditySide",
    "ManualClock",
    "Mode",
    "OrderRequest",
    "OrderStatus",
    "OrderStatusReport",
    "PositionStatusReport",
    "Pricing",
    "RejectReason",
    "Side",
    "SteadyClock",
    "SystemClock",
    "TimeInForce",
    "Transfer",
    "TransferKind",
    "Venue",
    "VenueBusy",
    "VenueError",
    "VenueListener",
    "VenueRejected",
    "VenueUnavailable",
]
