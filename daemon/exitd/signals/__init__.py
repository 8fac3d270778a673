"""The universal webhook: alerts in, checked signals and broker orders out; pure."""
