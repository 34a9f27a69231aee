"""Levels of a Hermitian H: solvers, and the certificate that comes from none of them."""
