from __future__ import annotations

import subprocess
import sys

import pytest

import models


def test_every_public_name_opens():
    for name in models.__all__:
        assert getattr(models, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        models.Nothing  # noqa: B018


def test_heavy_packages_are_imported_only_when_needed():
    code = (
        "import sys, models, models.registry, models.training; "
        "assert 'mlflow' not in sys.modules and 'shap' not in sys.modules; "
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    light = "import sys, models; assert not {'lightgbm', 'sklearn', 'pandas', 'polars'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", light], check=True)
