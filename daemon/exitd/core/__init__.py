"""The pure heart: values in, facts and intents out; no clock, no I/O, no logging."""
