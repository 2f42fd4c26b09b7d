"""Frozen records and enums, standard library only; every other layer speaks in these."""
