"""The one file to edit. Everything the course needs to know about you and your platform is here.

Two profiles of one course:

    local   the platform in this repository, on this machine (the default: nothing to change)
    pcai    NVIDIA NeMo Microservices on HPE Private Cloud AI

Change a value here, or set an environment variable of the same name: the environment wins. Secrets come from the
environment only; never write one into this file.
"""

from __future__ import annotations

import os

from flywheel_helpers.attendees import own_namespace

# --- Which platform? -------------------------------------------------------------------------------------------

PROFILE = os.environ.get("FLYWHEEL_PROFILE", "local")  # "local" or "pcai"

# The local platform listens on these ports of this machine. Change them when something else has them.
GATEWAY_PORT = os.environ.get("FLYWHEEL_GATEWAY_PORT", "8080")
NIM_PORT = os.environ.get("FLYWHEEL_NIM_PORT", "8000")
WEBUI_PORT = os.environ.get("FLYWHEEL_WEBUI_PORT", "3000")

# --- Where the services are, and which model is tuned ----------------------------------------------------------

# One https address in front of all services of a cluster, such as https://nemo.example.com. Empty: the addresses
# inside the cluster, below.
NEMO_URL = os.environ.get("NEMO_URL", "").rstrip("/")

if PROFILE == "pcai":
    # The addresses inside the cluster, as a JupyterLab that runs there sees them.
    NEMO_DATA_STORE_URL = "http://nemo-data-store.nemo.svc.cluster.local:3000"
    NEMO_CUSTOMIZER_URL = "http://nemo-customizer.nemo.svc.cluster.local:8000"
    NEMO_ENTITY_STORE_URL = "http://nemo-entity-store.nemo.svc.cluster.local:8000"
    NEMO_EVALUATOR_URL = "http://nemo-evaluator.nemo.svc.cluster.local:7331"
    NEMO_GUARDRAILS_URL = "http://nemo-guardrails.nemo.svc.cluster.local:7331"
    NEMO_DEPLOYMENT_URL = "http://nemo-deployment-management.nemo.svc.cluster.local:8000"
    NIM_URL = "http://nemo-nim-proxy.nemo.svc.cluster.local:8000"
    NIM_INTERNAL_URL = ""
    if NEMO_URL:
        NEMO_DATA_STORE_URL = NEMO_CUSTOMIZER_URL = NEMO_ENTITY_STORE_URL = NEMO_URL
        NEMO_EVALUATOR_URL = NEMO_GUARDRAILS_URL = NEMO_DEPLOYMENT_URL = NEMO_URL
        # /v1/models means two things, so the models that answer lie under a path of their own on a shared host.
        NIM_INTERNAL_URL, NIM_URL = NIM_URL, f"{NEMO_URL}/nim"
    OPENWEBUI_URL = ""  # the address in your browser when you open it on your cluster; for notebook 05

    # Must be one the Customizer of your cluster supports. The version names the GPU too (+L40, +A100, +80GB ...);
    # `flywheel doctor --profile pcai` lists the ones your cluster has.
    BASE_MODEL = "meta/llama-3.2-1b-instruct"
    BASE_MODEL_VERSION = "v1.0.0+L40"
elif PROFILE == "local":
    # One gateway, a path for each service; the models are served on a port of their own.
    NEMO_DATA_STORE_URL = f"http://127.0.0.1:{GATEWAY_PORT}"
    NEMO_CUSTOMIZER_URL = f"http://127.0.0.1:{GATEWAY_PORT}"
    NEMO_ENTITY_STORE_URL = f"http://127.0.0.1:{GATEWAY_PORT}"
    NEMO_EVALUATOR_URL = f"http://127.0.0.1:{GATEWAY_PORT}"
    NEMO_GUARDRAILS_URL = f"http://127.0.0.1:{GATEWAY_PORT}"
    NEMO_DEPLOYMENT_URL = f"http://127.0.0.1:{GATEWAY_PORT}"
    NIM_URL = f"http://127.0.0.1:{NIM_PORT}"
    NIM_INTERNAL_URL = ""
    if NEMO_URL:
        raise ValueError(
            f'NEMO_URL is "{NEMO_URL}" and FLYWHEEL_PROFILE is "local". Set FLYWHEEL_PROFILE=pcai to use that '
            "platform, or unset NEMO_URL to use this machine."
        )
    OPENWEBUI_URL = f"http://127.0.0.1:{WEBUI_PORT}"

    # Small enough for a laptop without a GPU. With a CUDA GPU the version ends in +GPU. For another one, see
    # docs/base_models.md: `flywheel models add` prints both lines.
    BASE_MODEL = "huggingfacetb/smollm2-135m-instruct"
    BASE_MODEL_VERSION = "v1.0.0+CPU"
else:
    raise ValueError(f'FLYWHEEL_PROFILE is "{PROFILE}". It must be "local" or "pcai".')

# The environment wins over the values above, whichever profile is on.
NEMO_DATA_STORE_URL = os.environ.get("NEMO_DATA_STORE_URL", NEMO_DATA_STORE_URL)
NEMO_CUSTOMIZER_URL = os.environ.get("NEMO_CUSTOMIZER_URL", NEMO_CUSTOMIZER_URL)
NEMO_ENTITY_STORE_URL = os.environ.get("NEMO_ENTITY_STORE_URL", NEMO_ENTITY_STORE_URL)
NEMO_EVALUATOR_URL = os.environ.get("NEMO_EVALUATOR_URL", NEMO_EVALUATOR_URL)
NEMO_GUARDRAILS_URL = os.environ.get("NEMO_GUARDRAILS_URL", NEMO_GUARDRAILS_URL)
NEMO_DEPLOYMENT_URL = os.environ.get("NEMO_DEPLOYMENT_URL", NEMO_DEPLOYMENT_URL)
NIM_URL = os.environ.get("NIM_URL", NIM_URL)
# Where the cluster's own services find the NIM proxy, when that is not NIM_URL: the Evaluator asks the models itself,
# and seldom goes out through the gateway and its certificate to do so.
NIM_INTERNAL_URL = os.environ.get("NIM_INTERNAL_URL", NIM_INTERNAL_URL)
OPENWEBUI_URL = os.environ.get("OPENWEBUI_URL", OPENWEBUI_URL)
BASE_MODEL = os.environ.get("BASE_MODEL", BASE_MODEL)
BASE_MODEL_VERSION = os.environ.get("BASE_MODEL_VERSION", BASE_MODEL_VERSION)

# --- The safety model, which judges messages for Guardrails (notebook 04) ---------------------------------------

#   local      a small model of this repository, served by the local platform
#   nvidia     nvidia/llama-3.1-nemoguard-8b-content-safety on build.nvidia.com; needs NVIDIA_API_KEY
#   endpoint   a model of your own behind an OpenAI-compatible API, such as Qwen/Qwen2.5-7B-Instruct on HPE MLIS
CONTENT_SAFETY = os.environ.get("CONTENT_SAFETY", "local" if PROFILE == "local" else "nvidia")
# For "endpoint" only: its address up to and including /v1, and the model's name there.
CONTENT_SAFETY_URL = os.environ.get("CONTENT_SAFETY_URL", "")
CONTENT_SAFETY_MODEL = os.environ.get("CONTENT_SAFETY_MODEL", "")
# "true": it asks for a key. The Guardrails service takes it from CONTENT_SAFETY_API_KEY in its own environment, so
# notebooks on a cluster need not have it.
CONTENT_SAFETY_NEEDS_KEY = os.environ.get("CONTENT_SAFETY_NEEDS_KEY") or (
    "true" if os.environ.get("CONTENT_SAFETY_API_KEY") else "false"
)

# --- A teacher model, which labels answers (notebook 06) and writes rows (flywheel data make) -------------------

# A large model behind an OpenAI-compatible API that takes tools: its address up to and including /v1, and the model's
# name there. Empty: no teacher. A key, where it asks for one, goes into TEACHER_API_KEY.
TEACHER_URL = os.environ.get("TEACHER_URL", "")
TEACHER_MODEL = os.environ.get("TEACHER_MODEL", "")

# --- What your work is called on the platform ------------------------------------------------------------------

# Who you are, where several people share a platform. JupyterHub says it by itself; alone it can stay empty.
ATTENDEE = os.environ.get("ATTENDEE") or os.environ.get("JUPYTERHUB_USER", "")
# Your own corner: two people with different namespaces never meet. Lower case letters, digits and hyphens.
NMS_NAMESPACE = os.environ.get("NMS_NAMESPACE") or own_namespace(ATTENDEE)
DATASET_NAME = os.environ.get("DATASET_NAME", "xlam-tool-calling")
# The model you train: namespace/name@version. Training again with other data or settings makes the next version
# (v2, v3 ...) and keeps the earlier ones; the notebooks then go on with the newest.
CUSTOM_MODEL = os.environ.get("CUSTOM_MODEL", f"{NMS_NAMESPACE}/tool-caller@v1")

# --- Open WebUI on this machine (notebook 05) --------------------------------------------------------------------

# With "false", anyone who can open the page is its administrator, without a password. It listens on this machine
# only, so use it for a demo on a machine that is yours alone. Each mode keeps its own conversations.
OPENWEBUI_SIGN_IN = os.environ.get("OPENWEBUI_SIGN_IN", "true")

# --- Certificates ----------------------------------------------------------------------------------------------

# A file with the certificates of your organisation (PEM), for https addresses that it signed itself.
CA_BUNDLE = os.environ.get("CA_BUNDLE", "")
# "false" accepts any certificate, and says so each time. Prefer CA_BUNDLE.
VERIFY_TLS = os.environ.get("VERIFY_TLS", "true")

# --- Secrets: from the environment only, never printed ---------------------------------------------------------

HF_TOKEN = os.environ.get("HF_TOKEN", "")  # to load the real xLAM data set, which asks for an account
WANDB_API_KEY = os.environ.get("WANDB_API_KEY", "")  # to log training to Weights & Biases
NDS_TOKEN = os.environ.get("NDS_TOKEN", "")  # where the Data Store asks for a token
NEMO_TOKEN = os.environ.get("NEMO_TOKEN", "")  # where a gateway asks for a bearer token
OPENWEBUI_API_KEY = os.environ.get("OPENWEBUI_API_KEY", "")  # your key for an Open WebUI that the course did not start
TEACHER_API_KEY = os.environ.get("TEACHER_API_KEY", "")  # where the teacher model asks for one
# The Guardrails service takes these two from its own environment: set them where it runs. The local platform has the
# environment of the `flywheel up` (or `make`) that started it.
NVIDIA_API_KEY = os.environ.get("NVIDIA_API_KEY", "")  # for a safety model on build.nvidia.com
CONTENT_SAFETY_API_KEY = os.environ.get("CONTENT_SAFETY_API_KEY", "")  # for a safety model of your own
