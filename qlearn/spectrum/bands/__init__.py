"""Bands over the angle θ, their gaps, currents and masses, and Wannier functions."""
