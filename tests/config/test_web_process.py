import subprocess
import sys

import pytest

from config.paths import PROJECT_ROOT
from tests.config.stacks import environment_for

HEAVY = ("onnxruntime", "insightface", "cv2", "av", "boto3", "botocore", "pytest")


@pytest.fixture
def home(tmp_path):
    """With the folder of static files, as `up` makes it before the web process."""
    (tmp_path / "static").mkdir()
    return tmp_path


def test_the_web_process_loads_no_models_and_no_decoders(home):
    script = f"import sys; import config.wsgi; print([name for name in {HEAVY} if name in sys.modules])"

    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT_ROOT,
        env=environment_for(home),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.stdout, result.stderr) == ("[]\n", "")


@pytest.mark.slow
def test_gunicorn_takes_its_settings(home):
    result = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--check-config", "-c", "python:config.gunicorn", "config.wsgi:application"],
        cwd=PROJECT_ROOT,
        env=environment_for(home),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.returncode, result.stderr) == (0, "")
