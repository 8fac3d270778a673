"""What front-ends check before they send an order, under the names they know."""

from starlette.responses import Response

from exitd.api.rasa.desk import Desk
from exitd.api.rasa.wire import answer, number
from exitd.configuration.rasa import Rasa
from exitd.core.units import NS_PER_S
from exitd.runtime.control import Control


def configs_answer(control: Control, desk: Desk) -> Response:
    """Give the stricter of what this door and the policies of the engine ask for."""
    settings: Rasa = desk.settings
    policies = control.daemon.loop.engine.state.policies
    distance = max(settings.min_price_distance, policies.min_distance_percent)
    spread = max(settings.min_spread, policies.min_spread_percent)
    return answer(
        {
            "MaxRequestTimeDeltaSeconds": settings.request_age // NS_PER_S,
            "MinPriceDistancePercent": number(distance),
            "MinProfitStopLossSpreadPercent": number(spread),
            "MaxActiveOrdersPerUser": policies.max_active,
        }
    )
