"""The API that front-ends of SYMMIO know from Rasa: login, v4, v1 and v5.

Its wire is theirs: numbers where they want numbers, their names, their states. What
it arms are triggers like any other; nothing about firing is decided here.
"""
