"""One script a claim; ``python -m validation`` runs them all and writes results/*.json and the evidence table."""
