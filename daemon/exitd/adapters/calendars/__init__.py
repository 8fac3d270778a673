"""Trading sessions, from the library exchange_calendars: the extra `calendars`."""
