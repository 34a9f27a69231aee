"""Lines of a signal or of a propagated ψ: Fourier peaks, harmonic inversion."""
