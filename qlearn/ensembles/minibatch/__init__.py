"""Replicas of a minibatch learner, its exact one-step operator and the generator of its diffusion limit."""
