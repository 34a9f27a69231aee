"""A learner on a ring that is taught by a stream of labels to follow a given ψ."""
