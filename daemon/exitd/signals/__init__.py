"""The universal webhook format, pure: model, normalise, validate, analyse."""
