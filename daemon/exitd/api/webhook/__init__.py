"""The universal webhook: where alerts come in, on a listener of its own."""
