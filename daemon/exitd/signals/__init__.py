"""
The universal webhook: alerts in, checked signals and broker orders out; pure.

    raw body ─▶ read_body ─▶ normalise ─▶ validate ─▶ ticket_of ─▶ platforms.<broker>
                 (JSON)       (Signal)    (findings)   (Ticket)     (its order)

`process` does it all for one payload. Nothing here knows of routes, accounts or
positions; whoever receives alerts compares the `auth_key` itself.
"""

from exitd.signals.examples import generate_example
from exitd.signals.normalising import normalise
from exitd.signals.processing import process
from exitd.signals.validating import validate

__all__ = ["generate_example", "normalise", "process", "validate"]
