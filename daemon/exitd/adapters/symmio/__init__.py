"""SYMMIO: positions are quotes on a chain, and a close is a transaction there."""
