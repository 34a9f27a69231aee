"""Arrays of other namespaces give the same numbers, in their own kind."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.kernels.arrays import as_complex, namespace, to_numpy

GRID = ql.Grid(48, (-6, 6), twist=0.2)
X = GRID.axes[0]
H = ql.Hamiltonian(GRID, lambda x: np.cos(np.pi * x / 6), mass=1.3, hbar=0.7)
DRIVEN = ql.Hamiltonian(GRID, lambda t, x: np.cos(np.pi * x / 6 - t), time_dependent=True)
PSI = ql.gaussian(GRID, center=1, width=0.6)
TIMES = [0, 0.4, 1.0]


def strict(array):
    xp = pytest.importorskip("array_api_strict", reason="array_api_strict is an optional kind of array")
    return xp.asarray(array)


def elsewhere(array):
    """On a device that is not the processor: arrays of two devices refuse to be combined, as those of a GPU and of the processor
    do."""
    xp = pytest.importorskip("array_api_strict", reason="array_api_strict is an optional kind of array")
    return xp.asarray(array, device=xp.Device("device1"))


def torch(array):
    pytest.importorskip("array_api_compat", reason="PyTorch needs array_api_compat")
    return pytest.importorskip("torch", reason="PyTorch is an optional kind of array").from_numpy(np.array(array))


KINDS = pytest.mark.parametrize("kind", [strict, elsewhere, torch], ids=["array-api-strict", "another device", "torch"])
METHODS = pytest.mark.parametrize("method", [ql.Strang(dt=0.05), ql.RKN6(), ql.Chebyshev(), None],
                                  ids=["Strang", "RKN6", "Chebyshev", "chosen"])


@KINDS
@METHODS
def test_the_same_numbers_and_states_of_the_same_kind(kind, method):
    operators = {"x": X, "E": H, "own": lambda t, psi: namespace(psi).sum(namespace(psi).abs(psi) ** 2)}
    options = {"method": method, "tol": 1e-7, "e_ops": operators, "store_states": True}
    expected, found = ql.sesolve(H, PSI, TIMES, **options), ql.sesolve(H, kind(PSI), TIMES, **options)
    assert type(found.final_state) is type(found.states) is type(kind(PSI))
    assert found.final_state.device == found.states.device == kind(PSI).device
    np.testing.assert_allclose(to_numpy(found.states), expected.states, atol=1e-11)
    for name, values in expected.e_data.items():
        assert isinstance(found.e_data[name], np.ndarray)
        np.testing.assert_allclose(found.e_data[name], values, atol=1e-11)
    assert isinstance(found.stats["norm_drift"], float) and isinstance(found.stats["energy_drift"], float)
    assert found.stats["fft_backend"] in ("array_api_strict", "torch")
    assert found.stats["ffts"] == expected.stats["ffts"] and found.method == expected.method


@KINDS
def test_driven_and_streamed(kind):
    expected = [psi for _, psi in ql.propagate(DRIVEN, PSI, TIMES, tol=1e-6)]
    for (_, psi), other in zip(ql.propagate(DRIVEN, kind(PSI), TIMES, tol=1e-6), expected, strict=True):
        np.testing.assert_allclose(to_numpy(psi), other, atol=1e-10)


@KINDS
def test_in_parts_between_jumps(kind):
    switched = ql.Hamiltonian(GRID, ql.SeparablePotential(0.0, [(lambda t: 2.0 * (t > 0.5), lambda x: np.cos(np.pi * x / 6))]))
    found, expected = (ql.sesolve(switched, psi, TIMES, tol=1e-7) for psi in (kind(PSI), PSI))
    assert "in 2 parts" in found.method and type(found.states) is type(kind(PSI))
    np.testing.assert_allclose(to_numpy(found.states), expected.states, atol=1e-11)


@KINDS
def test_a_batch_in_imaginary_time(kind):
    batch = np.stack([PSI, 2j * PSI])
    options = {"imaginary_time": True, "method": ql.Chebyshev(), "tol": 1e-8}
    found, expected = (ql.sesolve(H, psi, [0, 3.0], **options) for psi in (kind(batch), batch))
    np.testing.assert_allclose(to_numpy(found.final_state), expected.final_state, atol=1e-10)
    np.testing.assert_allclose(found.stats["energy"], expected.stats["energy"], atol=1e-10)


@KINDS
@pytest.mark.parametrize("imaginary", [False, True], ids=["real time", "imaginary time"])
@pytest.mark.parametrize("channels", [False, True], ids=["one", "channels"])
def test_mean_fields(kind, channels, imaginary):
    wave = np.cos(np.pi * X / 6)
    V = np.array([[wave, 0.3 + 0 * X], [0.3 + 0 * X, 0 * X]]) if channels else wave
    condensate = ql.Hamiltonian(GRID, V, nonlinearity=lambda n: 2 * n)
    psi = np.stack([PSI, 0.5j * PSI]) if channels else PSI
    found, expected = (ql.sesolve(condensate, start, [0, 0.5], tol=1e-6, imaginary_time=imaginary) for start in (kind(psi), psi))
    assert type(found.final_state) is type(kind(psi)) and found.method == expected.method
    np.testing.assert_allclose(to_numpy(found.final_state), expected.final_state, atol=1e-11)


@KINDS
@pytest.mark.parametrize("channels", [False, True], ids=["one", "channels"])
def test_complex_mean_fields_and_losses_of_channels(kind, channels):
    wave = np.cos(np.pi * X / 6)
    V = np.array([[wave, 0.3 + 0 * X], [0.3 + 0 * X, -0.2j * (1 + wave)]]) if channels else wave - 0.2j
    condensate = ql.Hamiltonian(GRID, V, nonlinearity=lambda n: as_complex(n) * (2 - 0.3j))
    psi = np.stack([PSI, 0.5j * PSI]) if channels else PSI
    found, expected = (ql.sesolve(condensate, start, [0, 0.5], tol=1e-6) for start in (kind(psi), psi))
    assert type(found.final_state) is type(kind(psi)) and found.method == expected.method
    np.testing.assert_allclose(to_numpy(found.final_state), expected.final_state, atol=1e-11)
    linear = ql.Hamiltonian(GRID, V)
    for method in (ql.BM6(dt=0.05), ql.Lanczos(dt=0.05), ql.Magnus4(dt=0.05)):
        found, expected = (ql.sesolve(linear, start, [0, 0.5], tol=1e-11, method=method) for start in (kind(psi), psi))
        np.testing.assert_allclose(to_numpy(found.final_state), expected.final_state, atol=1e-11)


@KINDS
def test_checkpoint_and_file(kind, tmp_path):
    path = tmp_path / "run.h5"
    options = {"method": ql.RKN6(), "tol": 1e-6}
    ql.sesolve(H, kind(PSI), TIMES, stop=lambda t, psi: t > 0.3, checkpoint=path, **options)
    resumed = ql.sesolve(H, kind(PSI), TIMES, checkpoint=path, **options)
    alone = ql.sesolve(H, kind(PSI), TIMES, **options)
    assert np.array_equal(to_numpy(resumed.states), to_numpy(alone.states)) and type(resumed.states) is type(alone.states)
    with pytest.raises(OSError, match="kind of array"):
        ql.sesolve(H, PSI, TIMES, checkpoint=path, **options)
    resumed.save(tmp_path / "result.h5")
    back = ql.load(tmp_path / "result.h5")
    assert isinstance(back.states, np.ndarray) and np.array_equal(back.states, to_numpy(alone.states))
    np.testing.assert_allclose(alone.field()(0.3, X)[0], back.field()(0.3, X)[0])


@KINDS
def test_a_state_of_the_wrong_shape_or_type_is_refused(kind):
    for psi, words in ((PSI[1:], "shape"), (np.where(X > 0, np.nan, PSI), "finite"), (0 * PSI, "zero state")):
        with pytest.raises(ValueError, match=words):
            ql.sesolve(H, kind(psi), TIMES)
    real = ql.sesolve(H, kind(np.abs(PSI)), TIMES, tol=1e-6)
    assert np.iscomplexobj(to_numpy(real.final_state))
