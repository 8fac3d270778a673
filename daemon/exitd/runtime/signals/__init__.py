"""Alerts that came in by the webhook: kept, told apart, carried out once each."""
