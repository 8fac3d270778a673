"""
Broker orders from tickets, one function for each broker.

An adapter sends what the function of its broker makes of a ticket, and `exitd webhook
preview` shows the same, so that the two cannot differ:

    alpaca.alpaca_order              POST /v2/orders
    interactive_brokers.tws_order    field names of TWS
    interactive_brokers.web_order    Client Portal Web API
    schwab.schwab_order              Trader API
    schwab.td_ameritrade_order       for the format only

Each gives a `PlatformOrder`, or `Refused` with the reasons. Exits in `ticket.attached`
that the broker cannot hold come back as `deferred`; `why_deferred` of its module says
so beforehand. Nothing is ever left out silently.
"""
