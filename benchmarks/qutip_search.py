"""QuTiP's best settings for P1 and P3: ``python -m benchmarks.qutip_search``.

Takes an hour or so; the fastest that it finds stand in peers.py.
"""

from benchmarks.problems import p1, p3
from benchmarks.qutip_peer import Setting, searched

__all__ = ["candidates"]

ODE = ("vern7", "dop853", "tsit5", "vern9", "adams", "lsoda", "bdf")
KRYLOV = [{"krylov_dim": size, "algorithm": "lanczos", "always_compute_step": True} for size in (25, 40, 60)]


def candidates(boxes: list[tuple[int, float, int, str]], krylov: bool) -> list[Setting]:
    """Every integrator on every (points, half width, stencil, storage)."""
    settings = [Setting(*box, name) for box in boxes for name in ODE]
    return settings + [Setting(*box, "krylov", options) for box in boxes for options in KRYLOV if krylov]


def main() -> None:
    wide = [(1024, 40.0, order, storage) for order in (14, 16, 20) for storage in ("CSR", "Dia")]
    narrow = {"P1": [(158, 20.0, 0, "Dense"), (158, 20.0, 0, "CSR"), (345, 20.0, 20, "CSR"), (430, 20.0, 16, "CSR")],
              "P3": [(236, 22.0, 0, "Dense"), (480, 22.0, 20, "CSR"), (480, 22.0, 20, "Dia")]}
    for problem in (p1(), p3()):
        for boxes in (wide, narrow[problem.name]):
            for setting in candidates(boxes, krylov=not problem.driven):
                for outcome in searched(problem, [setting]):
                    print(f"{problem.name} {outcome.seconds:.3f} s, error {outcome.error:.1e}: {outcome.setting.words}",
                          flush=True)


if __name__ == "__main__":
    main()
