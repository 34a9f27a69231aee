"""Fields that guide learners: ψ and ∂ψ anywhere in space and time."""

from qlearn.fields.grid_field import DriftScaled, GridField

__all__ = ["DriftScaled", "GridField"]
