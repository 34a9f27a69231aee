"""Parities and tunnelling splittings, right to relative accuracy however small."""
