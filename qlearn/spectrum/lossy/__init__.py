"""Complex levels E − iΓ/2 of an H with a loss."""
