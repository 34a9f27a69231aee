"""An FFT backend that counts the arrays that it transforms."""

from dataclasses import replace


def counting(plain, size, counted):
    """``plain`` with one entry in ``counted`` for each array of so many points that is transformed, however it is asked for."""
    def seen(a):
        counted.extend([1] * (a.size // size))
        return a

    def told(function):
        return lambda a, *more: function(seen(a), *more)

    def at_each_call(function, a):
        return lambda *given: (seen(a), function(*given))[1]

    def bound(a, axes):
        forward, backward, factor = plain.bound(a, axes)
        return told(forward), told(backward), factor

    def calls(a, axes):
        (forward, there), (backward, back), factor = plain.calls(a, axes)
        return (at_each_call(forward, a), there), (at_each_call(backward, a), back), factor
    return replace(plain, forward=told(plain.forward), backward=told(plain.backward), bound=bound, calls=calls)
