"""Traces of functions of H: densities of states, spectral functions, thermal averages."""
