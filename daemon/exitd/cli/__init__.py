"""The commands. `program` has the tree, one module each a topic of commands."""
