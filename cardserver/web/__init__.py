"""The JSON API: parse, call one service, answer. No rule lives here."""
