"""The import layers: a file is a step of the flow, and imports point only up the list."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "qlearn"

# A module may import from its own layer's folder and from the layers above it in this list.
LAYERS = [
    "errors",
    "checks",
    "sweep",
    "kernels",
    "storage",
    "boundaries",
    "grids",
    "fields",
    "densities",
    "systems",
    "derivation",
    "hamiltonian",
    "states",
    "observables",
    "results",
    "methods",
    "sesolve",
    "spectrum",
    "phase",
    "ensembles",
    "loading",
    "optimisers",
    "inference",
    "exact",
    "compare",
    "interop",
    "plots",
    "config",
    "analysis",
    "verification",
    "report",
    "cli",
]

# The evidence stays independent of the solver: these layers see nothing but what is listed.
ONLY = {
    "ensembles": {"errors", "checks", "kernels", "storage", "grids", "fields", "densities", "systems", "results", "ensembles"},
    "derivation": {"errors", "checks", "systems", "derivation"},
}

# One-line deferred imports that start a later step for the user's convenience: (module, imported layer).
CONVENIENCE = {
    ("derivation.equation", "hamiltonian"),
    ("systems.minibatch.learner", "ensembles"),
    ("densities", "plots"),
    ("results.result", "plots"),
    ("spectrum.levels", "plots"),
    ("spectrum.bands.bands", "plots"),
    ("spectrum.bands.wannier", "plots"),
    ("spectrum.lines.lines", "plots"),
    ("spectrum.relaxation.result", "plots"),
    ("spectrum.resonances.resonances", "plots"),
    ("spectrum.traces.density_of_states", "plots"),
    ("ensembles.ensemble", "plots"),
    ("inference.implied_timescales", "plots"),
    ("inference.regime_diagnostics", "plots"),
    ("compare.comparison", "plots"),
}

HEAVY = ("sympy", "qutip", "matplotlib", "numba", "h5py", "tqdm", "rich", "typer")


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if name not in ("__init__", "__main__"):
            yield name.removesuffix(".__init__"), path


def imported_layers(path):
    """Yield (layer, deferred) of every qlearn import of the file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {id(node) for function in ast.walk(tree) if isinstance(function, ast.FunctionDef)
              for node in ast.walk(function)}
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full, from qlearn.…"
            names = [node.module] if node.module != "qlearn" else [f"qlearn.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("qlearn."):
                yield name.split(".")[1], id(node) in inside


def wrong_imports(name, path):
    layer = name.split(".")[0]
    for other, deferred in imported_layers(path):
        if deferred and (name, other) in CONVENIENCE:
            continue
        if other not in LAYERS:
            yield f"{name} imports {other}, which is in no layer"
        elif other != layer and LAYERS.index(other) > LAYERS.index(layer):
            yield f"{name} imports {other}, which is further down"
        elif other != layer and other not in ONLY.get(layer, set(LAYERS)):
            yield f"{name} imports {other}, which {layer} must not see"


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_imports_point_up(name, path):
    assert name.split(".")[0] in LAYERS, f"{name} stands in no layer; add it to LAYERS"
    assert list(wrong_imports(name, path)) == []


def test_the_rule_rejects_a_downward_import(tmp_path):
    bad = tmp_path / "guided.py"
    bad.write_text("from qlearn.sesolve import sesolve\nfrom qlearn.plots import show\n")
    assert len(list(wrong_imports("ensembles.langevin.guided", bad))) == 2


def test_importing_qlearn_is_light():
    code = ("import sys, qlearn as ql; ql.Grid; ql.Hamiltonian; ql.sesolve; ql.simulate; ql.compare;"
            "ql.MinibatchLearner;"
            f"print([name for name in {HEAVY} if name in sys.modules])")
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"


def test_every_public_name_exists_and_is_documented():
    import qlearn as ql

    for name in ql.__all__:
        assert getattr(ql, name).__doc__, name


def test_the_modules_that_the_documentation_names_are_found_without_an_import_of_their_own():
    names = ("phase.madelung", "observables.mean", "exact.GaussianPacket", "errors.ArgumentError", "plots.result")
    code = f"import qlearn as ql, operator\nfor name in {names}: operator.attrgetter(name)(ql)\nassert 'phase' in dir(ql)"
    subprocess.run([sys.executable, "-c", code], check=True)
