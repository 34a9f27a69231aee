"""Learners that follow a drift which is given, by ψ or by a static loss, in flat and curved spaces."""
