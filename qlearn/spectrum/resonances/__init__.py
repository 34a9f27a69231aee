"""Shape resonances by complex scaling."""
