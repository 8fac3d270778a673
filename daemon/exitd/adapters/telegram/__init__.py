"""The Bot API of Telegram: the few calls of it that commands from a phone need."""
