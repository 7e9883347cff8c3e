from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import lightgbm
import numpy as np
import pytest

import models.kernel.engine as engines
from features.errors import ModelError
from models import store
from models.kernel import CellTables, compiled_engine_exists
from models.trees import parse_leaves


@pytest.fixture
def without_compiler(monkeypatch):
    """The package as it stands where no compiler was at hand."""
    monkeypatch.setattr(engines, "compiled_engine_exists", lambda: False)
    monkeypatch.delenv(engines.REQUIRED, raising=False)
    engines._announce.cache_clear()
    yield
    engines._announce.cache_clear()


def test_the_compiled_engine_is_there_and_is_used(model, applicants):
    assert compiled_engine_exists()
    assert model.explain(applicants.X).kernel == "compiled"


def test_the_fallback_agrees_says_so_once_and_is_recorded(model, applicants, tmp_path, without_compiler):
    store.save(model, tmp_path)
    with pytest.warns(RuntimeWarning, match=r"pred_contrib explains instead.*Install a C compiler") as told:
        slow = store.load(tmp_path)
    again = store.load(tmp_path)
    assert len(told) == 1
    fast, other = model.explain(applicants.X), slow.explain(applicants.X)
    assert other.kernel == again.engine.name == "lightgbm"
    assert np.abs(fast.values.to_numpy() - other.values.to_numpy()).max() <= 1e-9
    assert np.abs(fast.points - other.points).max() <= 1e-9
    assert (slow.predict_points(applicants.X) == other.points).all()
    assert slow.explain(applicants.X.iloc[:0]).values.shape == (0, fast.values.shape[1])


def test_the_fallback_is_an_error_where_the_kernel_is_required(
    model, tmp_path, without_compiler, monkeypatch
):
    store.save(model, tmp_path)
    monkeypatch.setenv(engines.REQUIRED, "1")
    with pytest.raises(ModelError, match="GREENCREDIT_REQUIRE_KERNEL=1 asks for it"):
        store.load(tmp_path)


def test_the_fallback_refuses_the_same_models(new_booster, without_compiler):
    booster = new_booster(trees=2, leaves=8, depth=3, zero_as_missing=True)
    leaves, _ = parse_leaves(booster.model_to_string())
    with (
        pytest.warns(RuntimeWarning, match="not installed"),
        pytest.raises(ModelError, match="zero_as_missing"),
    ):
        engines.engine_of(booster, leaves, threads=1)


def test_a_model_that_cannot_be_explained_is_refused_when_it_is_loaded(model, tmp_path, monkeypatch):
    store.save(model, tmp_path)

    def refuse(*_args, **_options):
        raise ModelError("refused by name")

    monkeypatch.setattr(engines, "CellTables", refuse)
    with pytest.raises(ModelError, match="refused by name"):
        store.load(tmp_path)


def test_a_copy_compiles_again(model, applicants):
    rows = applicants.X.iloc[:5]
    assert (model.explain(rows).points == pickle.loads(pickle.dumps(model)).explain(rows).points).all()  # noqa: S301


_OTHER_BUILD = """
import importlib.util, sys
import numpy as np
import models.kernel

spec = importlib.util.spec_from_file_location("models.kernel._cells", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
sys.modules["models.kernel._cells"] = models.kernel._cells = module
for name in sys.argv[2:]:
    tables = models.kernel.CellTables(open(name + ".txt").read())
    assert type(tables._program) is module.Program
    rows = np.load(name + ".npy")
    raw, found = tables.contributions(rows, threads=2)
    assert (tables.contributions([column for column in rows.T[:, :1]])[1] == found[:1]).all()
    np.save(name + ".found.npy", np.column_stack([raw, found]))
"""


def run_other_build(
    folder: Path, cases: dict[str, tuple[lightgbm.Booster, np.ndarray]], *flags: str, preload: str = ""
) -> None:
    """Build the kernel with other flags, run the cases through it, and ask for the bits of the installed one."""
    source = Path(engines.__file__).with_name("_cells.c")
    library = folder / f"_cells{sysconfig.get_config_var('EXT_SUFFIX')}"
    include = sysconfig.get_paths()["include"]
    subprocess.run(
        ["cc", "-shared", "-fPIC", f"-I{include}", *flags, str(source), "-o", str(library)], check=True
    )
    for name, (booster, rows) in cases.items():
        (folder / f"{name}.txt").write_text(booster.model_to_string())
        np.save(folder / f"{name}.npy", rows)
    done = subprocess.run(
        [sys.executable, "-c", _OTHER_BUILD, str(library), *(str(folder / name) for name in cases)],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | ({"LD_PRELOAD": preload, "ASAN_OPTIONS": "detect_leaks=0"} if preload else {}),
    )
    assert done.returncode == 0, done.stderr
    assert "runtime error" not in done.stderr, done.stderr
    for name, (booster, rows) in cases.items():
        raw, found = CellTables(booster.model_to_string()).contributions(rows)
        assert (np.load(folder / f"{name}.found.npy") == np.column_stack([raw, found])).all()


needs_compiler = pytest.mark.skipif(
    shutil.which("cc") is None, reason="a C compiler is needed: install gcc or clang"
)


@needs_compiler
def test_other_optimisation_gives_the_same_bits(tmp_path, new_booster, adversarial):
    """Nothing hangs on vector instructions: the plain build gives every bit of the fast one."""
    booster = new_booster(trees=20, leaves=31, depth=-1)
    cases = {"leaves": (booster, adversarial(booster, 2_000, seed=0))}
    run_other_build(
        tmp_path, cases, "-O1", "-ffp-contract=off", *(["-mno-avx"] if sys.platform == "linux" else [])
    )


@needs_compiler
@pytest.mark.long
def test_the_address_sanitiser_finds_nothing(tmp_path, boosters, deep, adversarial):
    cases = {
        f"case{k}": (booster, adversarial(booster, 300, seed=k))
        for k, booster in enumerate([*boosters.values(), deep])
    }
    found = subprocess.run(["cc", "-print-file-name=libasan.so"], check=True, capture_output=True, text=True)
    sanitiser = found.stdout.strip()
    flags = ("-O1", "-g", "-ffp-contract=off", "-fsanitize=address,undefined", "-fno-omit-frame-pointer")
    run_other_build(tmp_path, cases, *flags, preload=sanitiser)


def test_engines_take_boosters_read_from_text(new_booster):
    text = new_booster(trees=5, leaves=8, depth=3).model_to_string()
    booster = lightgbm.Booster(model_str=text)
    leaves, _ = parse_leaves(text)
    matrix = np.random.default_rng(0).normal(size=(50, 12))
    raw, found = engines.engine_of(booster, leaves, threads=0).contributions(matrix)
    assert np.abs(found - booster.predict(matrix, pred_contrib=True)[:, :-1]).max() < 1e-10
    assert np.abs(raw - booster.predict(matrix, raw_score=True)).max() < 1e-10
