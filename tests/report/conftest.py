"""A verification with the shape and size of a real one, made up so that the report can be tested without a run."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from qlearn.verification.claims import Claim, Verification

MATHML = "<math><mi>i</mi><mi>ħ</mi><msub><mo>∂</mo><mi>t</mi></msub><mi>ψ</mi><mo>=</mo><mi>H</mi><mi>ψ</mi></math>"


def claims():
    n = None
    return (
        Claim("The Schrödinger equation follows", "derivation", "claim", "derivation",
              "Euler–Lagrange equations of the action against (7)",
              "residuals ≠ 0", 0.0, n, n, n, n, True, "7 steps, every residual 0."),
        Claim("Measured rates match the exact calculation", "rates", "claim", "data",
              "4 relaxation rates of 100000 replicas against the exact one-step operator", "max |z|", 1.42, 1.52, n, 0.62, n,
              True, "No rate differs: smallest adjusted p 0.62."),
        Claim("The rates are energy levels", "rates", "claim", "data",
              "levels of the Schrödinger-like operator (8) against the rates of the exact one-step operator",
              "|ratio − 1| of rate 4", 0.031, n, 0.06, n, n, True, "Ratios 1.0015, 1.0048, 1.0133, 1.0310, all within margins."),
        Claim("Density at rest matches the exact law", "density", "claim", "data", "100000 replicas against the stationary law",
              "Kuiper V", 0.0041, 0.0039, n, 0.83, n, True, "V = 4.1e-03; a perfect sample has a median of 3.9e-03."),
        Claim("Rates, α = 0", "rates", "control", "data", "rates of replicas with α = 0: each of them must be rejected",
              "min |z|", 5.3, n, n, 2e-7, 0.99993, True, "4 of 4 rates rejected (z = -210.3, +30.1, -14.2, -5.3)."),
        Claim("Density, α = 0", "density", "control", "data", "stationary replicas with α = 0: must be rejected", "Kuiper V",
              0.11, 0.0039, n, 1e-300, 1.0, True, "V = 1.1e-01 against a floor of 3.9e-03."),
        Claim("Two solvers agree", "real time", "claim", "numerical", "ψ by split-operator against ψ by Chebyshev", "max L2",
              3.1e-10, n, 2e-9, n, n, True, "1204 and 388 Fourier transforms."),
        Claim("Guided learners follow |ψ|²", "real time", "claim", "guided", "20000 noisy learners against |ψ|² at 4 times",
              "max Kuiper V", 0.0102, 0.0087, n, 0.41, n, True, "No time differs."),
        Claim("Learners at another temperature", "real time", "control", "guided", "learners at 1.25 × the temperature",
              "max Kuiper V", 0.071, 0.0087, n, 1e-12, 1.0, True, "ħ = 2T ties the noise to the wave."),
    )


def figures():
    q = np.arange(161) * 2 * np.pi / 161
    edges, centres = np.linspace(0, 2 * np.pi, 61), (np.arange(60) + 0.5) * np.pi / 30
    rng = np.random.default_rng(0)

    def law(at, kappa):
        return np.exp(kappa * np.cos(at - 2.2)) / (2 * np.pi * np.i0(kappa))

    def sampled(kappa):
        return law(centres, kappa) * (1 + 0.02 * rng.standard_normal(60))

    covariance = 62 * (1 + 0.5 * np.cos(2 * q - 1))
    rates = np.array([0.4363, 0.9187, 1.865, 2.034])
    x, times = np.arange(128) * 2 * np.pi / 128, np.linspace(0, 3, 121)
    return {
        "learner": {"q": q, "loss": 1 - 0.8 * np.cos(q - 2.2), "covariance": covariance, "metric": covariance / 62},
        "rates": {"names": [f"rate {k}" for k in range(1, 5)], "operator": rates, "errors": 0.004 * rates,
                  "replicas": rates * (1 + 0.004 * rng.standard_normal(4)), "levels": rates * [1.0015, 1.0048, 1.0133, 1.031],
                  "controls": {"Itô correction left out": rates * [0.8, 1.15, 0.99, 1.1],
                               "α = 0": rates * [0.6, 1.06, 0.97, 0.9]}},
        "evolution": {"q": q, "times": np.array([0.3, 1.0, 3.0, 18.0]), "operator": np.array([law(q, k) for k in (9, 5, 3, 2)]),
                      "replicas_edges": edges, "replicas": np.array([sampled(k) for k in (9, 5, 3, 2)])},
        "stationary": {"q": q, "operator": law(q, 2), "gibbs": law(q, 2.02), "edges": edges, "replicas": sampled(2),
                       "controls": {"Itô correction left out": sampled(2.4), "α = 0": sampled(1.3)}},
        "wave": {"x": x, "times": times, "density": np.array([law(x - np.sin(3 * t), 2 + np.cos(5 * t)) for t in times])},
        "guided": {"x": x, "density": law(x, 1.4), "edges": edges, "histogram": sampled(1.4), "time": 3.0},
        "winding": {"x": x, "phase": np.array([x + 0.2 * k * np.sin(x) for k in range(4)]), "times": np.linspace(0, 3, 4),
                    "circulation": 1.0021, "errors": 0.0034, "winding_of_psi": [1.0, 1.0, 1.0, 1.0]},
    }


def derivation():
    steps = [SimpleNamespace(name=name, statement=None, residual=0, source="THEORY (5)") for name in
             ("action", "Madelung form", "continuity", "Hamilton–Jacobi", "Schrödinger equation")]
    equation = SimpleNamespace(kind="schrodinger", mathml=lambda: MATHML, latex=lambda: r"i\hbar\partial_t\psi = H\psi")
    return SimpleNamespace(steps=steps, equation=equation, notes=(),
                           mathml=lambda: [(step.name, MATHML, str(step.residual), step.source) for step in steps])


def made_up():
    """The made-up verification; all of it holds."""
    rows = [{"rate": k, "replicas": 0.4361, "error": 0.0017, "operator": 0.4363, "levels of (8)": 0.437, "(8)/operator": 1.0015,
             "margin": 0.04, "operator's eigenvalue": "0.994254"} for k in range(1, 5)]
    summary = {"samples": 884, "replicas": 100000, "alpha": 1.0, "ito_correction": True, "batch_size": 1,
               "learning_rate": 0.0132088, "reference_covariance": 62.0589, "eps3": 0.0856, "eps3_meaning": "small: it holds",
               "cycle_affinity": -1e-17, "source": "442 rows, bmi and s5 → target; standardised", "temperature": 0.409863,
               "hbar": 0.819726, "mass": 75.7, "diffusion": 0.00541, "proper_length": 6.2, "potential": "0.5*cos(x)",
               "time_unit_steps": 183.9}
    settings = {"title": "Diabetes ring learner, α = 1", "seed": 0, "rates": {"count": 4, "margin": [0.04] * 4},
                "real_time": {"winding": 1}, "data": {"file": "diabetes.csv", "label_noise": {"scale": 8.0}}}
    return Verification("Diabetes ring learner, α = 1", settings, claims(), (("From the action (4)", derivation()),), summary,
                        {"rates": rows}, figures(), {"replicas": 51.2, "real time": 22.0})


@pytest.fixture(scope="session")
def holding():
    return made_up()


@pytest.fixture(scope="session")
def short():
    """Without figures: quick to render."""
    return replace(made_up(), figures={})


@pytest.fixture(scope="session")
def failing():
    """No ħ: no real time, no derivation, a failed claim, an accepted control, strange characters, an infinite number."""
    whole = made_up()
    bad = replace(whole.claims[2], passed=False, reason="ε₃ = 1.14 is not small <b>&", distance=float("inf"))
    accepted = replace(whole.claims[4], passed=False, power=0.31)
    chosen = {name: whole.figures[name] for name in ("learner", "rates", "evolution", "stationary")}
    summary = {name: value for name, value in whole.summary.items() if name not in ("hbar", "temperature", "mass")}
    return replace(whole, title="<script>α = 0</script>", claims=(whole.claims[1], bad, accepted), derivations=(),
                   figures=chosen, summary=summary)
