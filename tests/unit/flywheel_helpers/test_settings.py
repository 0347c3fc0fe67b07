"""config.py: two profiles, every name from the environment, and values that cannot be right refused by name."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from flywheel_helpers.checkout import ROOT, home, load_config, notebooks
from flywheel_helpers.errors import ConfigError
from flywheel_helpers.settings import SECRETS, SERVICE_URLS, Settings

NAMES = [*SERVICE_URLS.values(), "NMS_NAMESPACE", "DATASET_NAME", "BASE_MODEL", "BASE_MODEL_VERSION", "CUSTOM_MODEL"]

WHERE = ("NEMO_URL", "NIM_INTERNAL_URL", "ATTENDEE", "JUPYTERHUB_USER")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    ports = ("FLYWHEEL_GATEWAY_PORT", "FLYWHEEL_NIM_PORT", "FLYWHEEL_WEBUI_PORT")
    for name in (*NAMES, *SECRETS, *WHERE, *ports, "CA_BUNDLE", "VERIFY_TLS", "OPENWEBUI_SIGN_IN", "TEACHER_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FLYWHEEL_PROFILE", "local")  # put back by pytest, also after load_config has changed it


def test_pcai_values_are_the_documented_ones():
    config = load_config("pcai")
    expected = {
        "NEMO_DATA_STORE_URL": "http://nemo-data-store.nemo.svc.cluster.local:3000",
        "NEMO_CUSTOMIZER_URL": "http://nemo-customizer.nemo.svc.cluster.local:8000",
        "NEMO_ENTITY_STORE_URL": "http://nemo-entity-store.nemo.svc.cluster.local:8000",
        "NEMO_EVALUATOR_URL": "http://nemo-evaluator.nemo.svc.cluster.local:7331",
        "NEMO_GUARDRAILS_URL": "http://nemo-guardrails.nemo.svc.cluster.local:7331",
        "NIM_URL": "http://nemo-nim-proxy.nemo.svc.cluster.local:8000",
        "BASE_MODEL": "meta/llama-3.2-1b-instruct",
        "BASE_MODEL_VERSION": "v1.0.0+L40",
    }
    assert {name: getattr(config, name) for name in expected} == expected
    assert Settings.from_config(config).customization_config == "meta/llama-3.2-1b-instruct@v1.0.0+L40"


def test_local_addresses_follow_the_ports(monkeypatch):
    monkeypatch.setenv("FLYWHEEL_GATEWAY_PORT", "18080")
    monkeypatch.setenv("FLYWHEEL_NIM_PORT", "18000")
    monkeypatch.setenv("FLYWHEEL_WEBUI_PORT", "13000")
    settings = Settings.from_config(load_config())
    services = set(SERVICE_URLS) - {"NIM proxy", "Open WebUI", "Teacher"}
    assert {settings.url(service) for service in services} == {"http://127.0.0.1:18080"}
    assert settings.nim_url == "http://127.0.0.1:18000"
    assert settings.openwebui_url == "http://127.0.0.1:13000" and settings.openwebui_sign_in is True
    assert settings.customization_config == "huggingfacetb/smollm2-135m-instruct@v1.0.0+CPU"


def test_one_host_for_everything(monkeypatch):
    monkeypatch.setenv("NEMO_URL", "https://nemo.example.test/")
    settings = Settings.from_config(load_config("pcai"))
    host = "https://nemo.example.test"
    services = set(SERVICE_URLS) - {"NIM proxy", "Open WebUI", "Teacher"}
    assert {settings.url(service) for service in services} == {host}
    # /v1/models means two things, so the NIM proxy has a path of its own; the cluster asks it from inside.
    assert settings.nim_url == f"{host}/nim"
    assert settings.nim_internal_url == "http://nemo-nim-proxy.nemo.svc.cluster.local:8000"
    monkeypatch.setenv("NEMO_DATA_STORE_URL", "http://data-store.example.test:3000")
    settings = Settings.from_config(load_config("pcai"))
    assert settings.data_store_url == "http://data-store.example.test:3000" and settings.entity_store_url == host


def test_without_it_the_models_have_one_address():
    for profile in ("local", "pcai"):
        settings = Settings.from_config(load_config(profile))
        assert settings.nim_internal_url == settings.nim_url


def test_a_cluster_named_on_the_local_profile_is_refused(monkeypatch):
    monkeypatch.setenv("NEMO_URL", "https://nemo.example.test")
    with pytest.raises(ConfigError, match="FLYWHEEL_PROFILE=pcai"):
        load_config("local")


@pytest.mark.parametrize("profile", ["local", "pcai"])
@pytest.mark.parametrize("name", NAMES)
def test_the_environment_wins(monkeypatch, profile, name):
    monkeypatch.setenv(name, "http://elsewhere.test")
    assert getattr(load_config(profile), name) == "http://elsewhere.test"


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_no_header_can_have_is_refused_without_showing_it(monkeypatch, name):
    monkeypatch.setenv(name, "top-secret\nvalue")
    with pytest.raises(ConfigError, match=f"{name} has a space, a line break") as caught:
        Settings.from_config(load_config())
    assert "top-secret" not in str(caught.value)


def test_a_relative_home_is_the_same_folder_everywhere(monkeypatch, tmp_path):
    monkeypatch.setenv("FLYWHEEL_HOME", "state")
    before = home()
    monkeypatch.chdir(tmp_path)
    assert home() == before == ROOT / "state"
    monkeypatch.setenv("FLYWHEEL_HOME", str(tmp_path))
    assert home() == tmp_path


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_come_from_the_environment_and_stay_out_of_sight(monkeypatch, name):
    assert getattr(load_config(), name) == ""
    monkeypatch.setenv(name, "top-secret-value")
    settings = Settings.from_config(load_config())
    assert getattr(settings, name.lower()) == "top-secret-value"
    assert "top-secret-value" not in repr(settings)


def test_the_model_lies_in_the_namespace(monkeypatch):
    monkeypatch.setenv("NMS_NAMESPACE", "ada")
    assert load_config().CUSTOM_MODEL.startswith("ada/")


def test_open_webui_of_a_cluster_is_asked_for_only_where_it_is_needed(monkeypatch):
    assert Settings.from_config(load_config("pcai")).openwebui_url == ""
    monkeypatch.setenv("OPENWEBUI_URL", "chat.example.test")
    with pytest.raises(ConfigError, match="OPENWEBUI_URL is"):
        Settings.from_config(load_config("pcai"))


def test_there_is_no_teacher_unless_somebody_names_one(monkeypatch):
    for profile in ("local", "pcai"):
        assert Settings.from_config(load_config(profile)).teacher_url == ""
    monkeypatch.setenv("TEACHER_URL", "https://teacher.example.test/v1/")
    with pytest.raises(ConfigError, match="TEACHER_MODEL is empty"):
        Settings.from_config(load_config("pcai"))
    monkeypatch.setenv("TEACHER_MODEL", "large/model")
    settings = Settings.from_config(load_config("pcai"))
    assert (settings.teacher_url, settings.teacher_model) == ("https://teacher.example.test/v1", "large/model")


def test_unknown_profile():
    with pytest.raises(ConfigError, match='must be "local" or "pcai"'):
        load_config("azure")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("NIM_URL", "nim:8000", "NIM_URL is"),
        ("NIM_URL", "http://", "NIM_URL is"),
        ("NEMO_DATA_STORE_URL", "http://user:pass@host", "contains a user name or password"),
        ("NMS_NAMESPACE", "My Namespace", "NMS_NAMESPACE is"),
        ("NMS_NAMESPACE", "two--hyphens", "NMS_NAMESPACE is"),
        ("NMS_NAMESPACE", "n" * 64, "NMS_NAMESPACE is"),
        ("NIM_INTERNAL_URL", "nim:8000", "NIM_INTERNAL_URL is"),
        ("DATASET_NAME", "a/b", "DATASET_NAME is"),
        ("CUSTOM_MODEL", "no-version", "CUSTOM_MODEL is"),
        ("CA_BUNDLE", "/no/such/file.pem", "does not exist"),
        ("VERIFY_TLS", "maybe", "VERIFY_TLS is"),
        ("OPENWEBUI_SIGN_IN", "sometimes", "OPENWEBUI_SIGN_IN is"),
    ],
)
def test_values_that_cannot_be_right(monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=said) as caught:
        Settings.from_config(load_config())
    assert caught.value.hint and "user:pass" not in str(caught.value)


def test_a_missing_name():
    with pytest.raises(ConfigError, match="config.py has no NEMO_DATA_STORE_URL"):
        Settings.from_config(SimpleNamespace())


@pytest.mark.parametrize(
    ("selection", "numbers"), [("00", [0]), ("01-03", [1, 2, 3]), ("03,00", [0, 3]), (None, [0, 1, 2, 3])]
)
def test_selecting_notebooks(monkeypatch, tmp_path, selection, numbers):
    make_notebooks(monkeypatch, tmp_path)
    assert [int(path.name[:2]) for path in notebooks(selection)] == numbers


@pytest.mark.parametrize("selection", ["7", "02-09", "x", "3-1", ""])
def test_selections_that_are_none(monkeypatch, tmp_path, selection):
    make_notebooks(monkeypatch, tmp_path)
    with pytest.raises(ConfigError):
        notebooks(selection)


def make_notebooks(monkeypatch, root):
    (root / "notebooks").mkdir()
    for number in range(4):
        (root / "notebooks" / f"0{number}_step.ipynb").touch()
    monkeypatch.setattr("flywheel_helpers.checkout.ROOT", root)
