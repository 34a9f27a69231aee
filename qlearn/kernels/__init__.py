"""The few inner operations that everything is made of: transforms, phases, and whose arrays they work on."""
