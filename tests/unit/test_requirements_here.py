"""A missing browser or Node is said plainly, and is never passed over where CI=true."""

import stat

import pytest

from tests import requirements_here

REQUIRED = [requirements_here.require_chromium, requirements_here.require_node, requirements_here.require_checkout]


@pytest.fixture
def _nothing_installed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CHROMIUM", "nowhere")
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    requirements_here.chromium.cache_clear()
    requirements_here.node.cache_clear()
    yield
    requirements_here.chromium.cache_clear()
    requirements_here.node.cache_clear()


def program(path, prints):
    path.write_text(f"#!/bin/sh\necho {prints}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.usefixtures("_nothing_installed")
@pytest.mark.parametrize("require", REQUIRED)
def test_on_a_persons_machine_a_test_is_skipped_with_a_sentence(monkeypatch, require):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="is needed: "):
        require()


@pytest.mark.usefixtures("_nothing_installed")
@pytest.mark.parametrize("require", REQUIRED)
def test_where_ci_is_true_it_fails(monkeypatch, require):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="No test may be skipped"):
        require()


@pytest.mark.usefixtures("_nothing_installed")
def test_a_node_that_is_too_old_or_has_no_npm_is_passed_over(monkeypatch, tmp_path):
    folders = [tmp_path / name for name in ("old", "bare", "good")]
    for folder, version in zip(folders, ("v18.20.4", "v22.1.0", "v20.11.0"), strict=True):
        folder.mkdir()
        node = program(folder / "node", version)
        if folder.name != "bare":
            program(folder / "npm", "10.0.0")
    monkeypatch.setenv("PATH", ":".join(map(str, folders)))
    assert requirements_here.require_node() == node
