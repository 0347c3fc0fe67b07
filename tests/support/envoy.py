"""A real Envoy that routes as a VirtualService says: what Istio makes of one, for a single host."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import trustme
from ports import free_port

_TYPE = "type.googleapis.com/envoy.extensions"


class Envoy:
    """Envoy with TLS in front of the services of a VirtualService.

    Args:
        virtual_service: the resource, as rendered.
        services: the address of each service's stand-in, by the service's name.
        folder: for the configuration, the certificates and the log.
        port: where it listens, when that must be known before.
    """

    def __init__(
        self, virtual_service: dict[str, Any], services: dict[str, str], folder: Path, port: int | None = None
    ) -> None:
        self.port, self._admin = port or free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        self.ca_bundle = folder / "organisation.pem"
        self._log = folder / "envoy.log"
        self._config = folder / "envoy.json"
        authority = trustme.CA(organization_name="Example Organisation")
        authority.cert_pem.write_to_path(str(self.ca_bundle))
        certificate = authority.issue_cert("localhost")
        certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
        for part in certificate.cert_chain_pems:
            part.write_to_path(str(folder / "chain.pem"), append=True)
        tls = {
            "certificate_chain": {"filename": f"{folder}/chain.pem"},
            "private_key": {"filename": f"{folder}/key.pem"},
        }
        self._config.write_text(json.dumps(self._bootstrap(virtual_service, services, tls)))

    def _bootstrap(
        self, virtual_service: dict[str, Any], services: dict[str, str], tls: dict[str, Any]
    ) -> dict[str, Any]:
        manager = {
            "@type": f"{_TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "gateway",
            "normalize_path": True,
            "merge_slashes": True,
            "route_config": {
                "virtual_hosts": [{"name": "nemo", "domains": ["*"], "routes": to_routes(virtual_service)}]
            },
            "http_filters": [{"name": "router", "typed_config": {"@type": f"{_TYPE}.filters.http.router.v3.Router"}}],
        }
        transport = {
            "name": "tls",
            "typed_config": {
                "@type": f"{_TYPE}.transport_sockets.tls.v3.DownstreamTlsContext",
                "common_tls_context": {"tls_certificates": [tls]},
            },
        }
        chain = {"transport_socket": transport, "filters": [{"name": "http", "typed_config": manager}]}
        listener = {"name": "gateway", "address": _address("127.0.0.1", self.port), "filter_chains": [chain]}
        clusters = [_cluster(name, url) for name, url in services.items()]
        return {
            "admin": {"address": _address("127.0.0.1", self._admin)},
            "static_resources": {"listeners": [listener], "clusters": clusters},
        }

    def __enter__(self) -> Envoy:
        envoy = Path(sys.executable).with_name("envoy")
        command = [envoy, "--config-path", self._config, "--use-dynamic-base-id", "--concurrency", "1"]
        self._process = subprocess.Popen([*command, "--log-level", "warning"], stderr=self._log.open("w"))
        deadline = time.monotonic() + 30
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Envoy did not start:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.1)
        return self

    def _ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self._admin}/ready", trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)


def to_routes(virtual_service: dict[str, Any]) -> list[dict[str, Any]]:
    """Envoy's routes. A request that none fits is answered with 404.

    Raises:
        KeyError: the VirtualService uses something else than prefixes, regular expressions and one rewritten prefix.
    """
    routes = []
    for route in virtual_service["spec"]["http"]:
        (target,) = route["route"]
        action = {"cluster": target["destination"]["host"].partition(".")[0], "timeout": "0s"}  # Istio sets none
        if rewrite := route.get("rewrite"):
            action["prefix_rewrite"] = rewrite["uri"]
        for match in route["match"]:
            uri = match["uri"]
            fits = {"safe_regex": {"regex": uri["regex"]}} if "regex" in uri else {"prefix": uri["prefix"]}
            routes.append({"match": fits, "route": action})
    return routes


def _address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}


def _cluster(name: str, url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    endpoint = {"endpoint": {"address": _address(parts.hostname, parts.port)}}
    assignment = {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}
    return {"name": name, "type": "STATIC", "connect_timeout": "5s", "load_assignment": assignment}
