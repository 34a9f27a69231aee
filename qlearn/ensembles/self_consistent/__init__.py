"""Self-consistent ensembles: learners and a loss field, nothing reads ψ (THEORY.md 4)."""
