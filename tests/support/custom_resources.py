"""Whether a custom resource is what its definition allows: Istio's from their published models, the NIM's from here."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
from cloudcoil.models.istio.networking.v1beta1 import VirtualService
from cloudcoil.models.istio.security.v1beta1 import AuthorizationPolicy

_MODELS = {"VirtualService": VirtualService, "AuthorizationPolicy": AuthorizationPolicy}
_text = {"type": "string", "minLength": 1}


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


def _map(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


# What version 2 of the NIM Operator (apps.nvidia.com/v1alpha1) knows of the fields that we set.
NIM_SERVICE = _object(
    ("image", "authSecret"),
    image=_object(("repository", "tag"), repository=_text, tag=_text, pullSecrets={"type": "array", "items": _text}),
    authSecret=_text,
    labels=_map(_text),
    env={"type": "array", "items": _object(("name",), name=_text, value={"type": "string"})},
    proxy=_object(
        httpProxy={"type": "string"},
        httpsProxy={"type": "string"},
        noProxy={"type": "string"},
        certConfigMap={"type": "string"},
    ),
    storage=_object(
        pvc=_object(
            create={"type": "boolean"},
            name=_text,
            storageClass={"type": "string"},
            size=_text,
            volumeAccessMode={"enum": ["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"]},
        )
    ),
    replicas={"type": "integer", "minimum": 0},
    resources=_object(limits=_map({"type": ["string", "integer"]}), requests=_map({"type": ["string", "integer"]})),
    expose=_object(service=_object(type={"enum": ["ClusterIP", "NodePort", "LoadBalancer"]}, port={"type": "integer"})),
    nodeSelector=_map(_text),
    tolerations={"type": "array", "items": {"type": "object"}},
)


def check_custom_resource(document: dict[str, Any]) -> None:
    """Fails where the definition has no such field, or another type."""
    if document["kind"] == "NIMService":
        assert document["apiVersion"] == "apps.nvidia.com/v1alpha1"
        jsonschema.validate(document["spec"], NIM_SERVICE)
        return
    parsed = _MODELS[document["kind"]].model_validate(document)
    # The models pass over fields that they do not know: what comes back must be what went in.
    again = json.loads(parsed.model_dump_json(by_alias=True, exclude_none=True, exclude_unset=True))
    assert again == document
