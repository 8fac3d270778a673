"""A Backpack-compatible exchange on real sockets, with scripted prices and faults."""
