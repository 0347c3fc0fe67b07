"""The values of config.py, checked and frozen, in the form that the rest of this package uses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

from flywheel_helpers.errors import ConfigError

# The name of each service, and the variable of config.py with its address.
SERVICE_URLS = {
    "Data Store": "NEMO_DATA_STORE_URL",
    "Entity Store": "NEMO_ENTITY_STORE_URL",
    "Customizer": "NEMO_CUSTOMIZER_URL",
    "Evaluator": "NEMO_EVALUATOR_URL",
    "Guardrails": "NEMO_GUARDRAILS_URL",
    "Deployment Management": "NEMO_DEPLOYMENT_URL",
    "NIM proxy": "NIM_URL",
    "Open WebUI": "OPENWEBUI_URL",
    "Teacher": "TEACHER_URL",
}
OPTIONAL_URLS = ("OPENWEBUI_URL", "TEACHER_URL")  # may be empty; only the notebook that needs one requires it
SECRETS = (
    "HF_TOKEN",
    "WANDB_API_KEY",
    "NDS_TOKEN",
    "NEMO_TOKEN",
    "OPENWEBUI_API_KEY",
    "TEACHER_API_KEY",
    "NVIDIA_API_KEY",
    "CONTENT_SAFETY_API_KEY",
)
SAFETY_SOURCES = ("local", "nvidia", "endpoint")
# Names that Kubernetes, NeMo and the Hub protocol all accept: up to 63 characters, and no two of . _ - in a row.
NAME = re.compile(r"(?=.{1,63}$)[a-z0-9]+([._-][a-z0-9]+)*")


@dataclass(frozen=True)
class Settings:
    """What the helpers need to know about the platform and the user. Its repr contains no secrets."""

    profile: str
    data_store_url: str
    entity_store_url: str
    customizer_url: str
    evaluator_url: str
    guardrails_url: str
    deployment_url: str
    nim_url: str
    base_model: str
    base_model_version: str
    namespace: str
    dataset_name: str
    custom_model: str
    attendee: str = ""
    nim_internal_url: str = ""
    content_safety: str = "local"
    content_safety_url: str = ""
    content_safety_model: str = ""
    content_safety_needs_key: bool = False
    ca_bundle: str = ""
    verify_tls: bool = True
    openwebui_url: str = ""
    openwebui_sign_in: bool = True
    teacher_url: str = ""
    teacher_model: str = ""
    hf_token: str = field(default="", repr=False)
    wandb_api_key: str = field(default="", repr=False)
    nds_token: str = field(default="", repr=False)
    nemo_token: str = field(default="", repr=False)
    openwebui_api_key: str = field(default="", repr=False)
    teacher_api_key: str = field(default="", repr=False)
    nvidia_api_key: str = field(default="", repr=False)
    content_safety_api_key: str = field(default="", repr=False)

    @classmethod
    def from_config(cls, config: ModuleType) -> Settings:
        """Read config.py.

        Args:
            config: the imported module, or any object with the same attributes.

        Raises:
            ConfigError: a name is missing or its value is invalid; the message says which.
        """

        def value(name: str) -> str:
            if not hasattr(config, name):
                raise ConfigError(f"config.py has no {name}.", "Restore the line from the course's repository.")
            return str(getattr(config, name)).strip()

        urls = {name: _checked_url(name, value(name)) for name in SERVICE_URLS.values()}
        namespace, dataset_name = value("NMS_NAMESPACE"), value("DATASET_NAME")
        for name, text in (("NMS_NAMESPACE", namespace), ("DATASET_NAME", dataset_name)):
            if not NAME.fullmatch(text):
                raise ConfigError(
                    f'{name} is "{text}".',
                    "Use up to 63 lower-case letters and digits, with single hyphens or dots in between, such as "
                    "tool-calling.",
                )
        custom_model = value("CUSTOM_MODEL")
        if not re.fullmatch(r"[^/@\s]+/[^/@\s]+@[^/@\s]+", custom_model):
            raise ConfigError(
                f'CUSTOM_MODEL is "{custom_model}".',
                f"Write namespace/name@version, such as {namespace}/tool-caller@v1.",
            )
        internal = value("NIM_INTERNAL_URL")
        source, safety_url, safety_model = _checked_safety_source(value)
        teacher_model = value("TEACHER_MODEL")
        if urls["TEACHER_URL"] and not teacher_model:
            raise ConfigError("TEACHER_MODEL is empty.", "Give the model's name at TEACHER_URL, or unset TEACHER_URL.")
        ca_bundle = value("CA_BUNDLE")
        if ca_bundle and not Path(ca_bundle).is_file():
            raise ConfigError(
                f'CA_BUNDLE is "{ca_bundle}", which does not exist.',
                "Set it to the path of a PEM file with the certificates.",
            )
        for name in SECRETS:
            if not re.fullmatch(r"[\x21-\x7e]*", value(name)):  # no header can have it, and the error would quote it
                raise ConfigError(
                    f"{name} has a space, a line break or another character in it that no key has.",
                    "Set it again in the environment; a key that was copied may have been wrapped.",
                )
        return cls(
            profile=value("PROFILE"),
            data_store_url=urls["NEMO_DATA_STORE_URL"],
            entity_store_url=urls["NEMO_ENTITY_STORE_URL"],
            customizer_url=urls["NEMO_CUSTOMIZER_URL"],
            evaluator_url=urls["NEMO_EVALUATOR_URL"],
            guardrails_url=urls["NEMO_GUARDRAILS_URL"],
            deployment_url=urls["NEMO_DEPLOYMENT_URL"],
            nim_url=urls["NIM_URL"],
            base_model=value("BASE_MODEL"),
            base_model_version=value("BASE_MODEL_VERSION"),
            namespace=namespace,
            dataset_name=dataset_name,
            custom_model=custom_model,
            attendee=value("ATTENDEE"),
            nim_internal_url=_checked_url("NIM_INTERNAL_URL", internal) if internal else urls["NIM_URL"],
            content_safety=source,
            content_safety_url=safety_url,
            content_safety_model=safety_model,
            content_safety_needs_key=_checked_flag("CONTENT_SAFETY_NEEDS_KEY", value("CONTENT_SAFETY_NEEDS_KEY")),
            ca_bundle=ca_bundle,
            verify_tls=_checked_flag("VERIFY_TLS", value("VERIFY_TLS")),
            openwebui_url=urls["OPENWEBUI_URL"],
            openwebui_sign_in=_checked_flag("OPENWEBUI_SIGN_IN", value("OPENWEBUI_SIGN_IN")),
            teacher_url=urls["TEACHER_URL"],
            teacher_model=teacher_model,
            **{name.lower(): value(name) for name in SECRETS},
        )

    def url(self, service: str) -> str:
        """Address of a service, a key of `SERVICE_URLS`, without a trailing slash."""
        attribute = SERVICE_URLS[service].lower().removeprefix("nemo_")
        return getattr(self, attribute)

    def token(self, service: str) -> str:
        """The bearer token for a service, or an empty string. The Data Store may have its own."""
        return (self.nds_token if service == "Data Store" else "") or self.nemo_token

    @property
    def dataset(self) -> str:
        """The dataset's full name, ``namespace/name``."""
        return f"{self.namespace}/{self.dataset_name}"

    @property
    def customization_config(self) -> str:
        """The Customizer's name for this model on this hardware: ``meta/llama-3.2-1b-instruct@v1.0.0+L40``."""
        return f"{self.base_model}@{self.base_model_version}"


def _checked_url(name: str, text: str) -> str:
    if not text and name in OPTIONAL_URLS:
        return ""
    try:
        parts = urlsplit(text)
        well = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0  # reading a bad port raises
    except ValueError:
        well = False
    if not well:
        raise ConfigError(f'{name} is "{text}".', "Write a full address, such as http://127.0.0.1:8080.")
    if parts.username or parts.password:
        raise ConfigError(f"{name} contains a user name or password.", "Use NEMO_TOKEN or NDS_TOKEN for credentials.")
    return text.rstrip("/")


def _checked_safety_source(value: Callable[[str], str]) -> tuple[str, str, str]:
    source, url, model = (value(name) for name in ("CONTENT_SAFETY", "CONTENT_SAFETY_URL", "CONTENT_SAFETY_MODEL"))
    if source not in SAFETY_SOURCES:
        raise ConfigError(f'CONTENT_SAFETY is "{source}".', f"Choose one of {', '.join(SAFETY_SOURCES)}.")
    if source == "endpoint":
        url = _checked_url("CONTENT_SAFETY_URL", url)
        if not model:
            raise ConfigError("CONTENT_SAFETY_MODEL is empty.", "Set it to the model's name at CONTENT_SAFETY_URL.")
    return source, url, model


def _checked_flag(name: str, text: str) -> bool:
    if text.lower() in ("true", "1", "yes"):
        return True
    if text.lower() in ("false", "0", "no"):
        return False
    raise ConfigError(f'{name} is "{text}".', 'Write "true" or "false".')
