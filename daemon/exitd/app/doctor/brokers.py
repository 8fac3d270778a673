"""A broker's own way in: a person's session at a gateway, or a login that is kept."""

from __future__ import annotations

from exitd.adapters.schwab.tokens import WARN_NS, LoginFile
from exitd.app.brokers import broker_venue, login_path
from exitd.app.doctor.counting import counted
from exitd.app.doctor.scene import Scene
from exitd.app.doctor.verdict import Check, fail, ok, warn
from exitd.configuration.loaded import AccountSettings
from exitd.core.units import NS_PER_HOUR
from exitd.errors import ConfigurationError, VenueUnavailable


async def way_in(scene: Scene, account: AccountSettings) -> list[Check]:
    """Whether a broker lets us in."""
    if account.schwab is not None:
        return [_login(scene, account)]
    return [await _session(scene, account)]


async def _session(scene: Scene, account: AccountSettings) -> Check:
    """Read positions in the session that somebody has begun at the gateway."""
    venue = broker_venue(account, None, scene.clock, scene.folder)
    try:
        positions = await venue.positions()
    except VenueUnavailable as error:
        remedy = "log in at the gateway's own page"
        return fail("key", str(error), remedy, account.name)
    finally:
        await venue.close()
    text = f"the gateway has a session, {counted(len(positions), 'position')} seen"
    return ok("key", text, account.name, facts={"positions": len(positions)})


def _login(scene: Scene, account: AccountSettings) -> Check:
    """Judge a kept login by its age: to use one may replace the running daemon's."""
    name = account.name
    remedy = f"exitd schwab login {name}"
    try:
        login = LoginFile(login_path(account, scene.folder)).read()
    except ConfigurationError as error:
        return fail("key", str(error), remedy, name)
    if login is None:
        return fail("key", "nobody has logged in", remedy, name)
    left_ns = login.ends_ns - scene.clock.now_ns()
    if left_ns <= 0:
        return fail("key", "the login has ended after seven days", remedy, name)
    text = f"a login for {counted(left_ns // NS_PER_HOUR, 'hour')} more"
    facts = {"login_hours": left_ns // NS_PER_HOUR}
    if left_ns < WARN_NS:
        return warn("key", text, remedy, name, facts=facts)
    return ok("key", text, name, facts=facts)
