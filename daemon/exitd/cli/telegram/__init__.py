"""
`telegram`: commands from a phone, by a process of its own beside the daemon.

`listening` hears what people write and knows who may; `conversation` is one chat, with
the question that is open in it; `looking` and `changing` are the commands. It reaches
the daemon as any client does: what happens to it, or to Telegram, delays no fire, and
it can say so when no daemon answers.
"""
