"""The servers as they run: reachable from this machine only, and not by its browsers."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx
import psutil


def test_nothing_listens_on_another_address(gateway):
    port = urlsplit(gateway.gateway_url).port
    addresses = [
        one.address for found in psutil.net_if_addrs().values() for one in found if one.family == socket.AF_INET
    ]
    others = [*(address for address in addresses if address != "127.0.0.1"), "127.0.0.2"]
    for address in others:
        with socket.socket() as client:
            client.settimeout(2)
            assert client.connect_ex((address, port)) != 0, f"{address}:{port} is open"


def test_a_page_whose_name_resolves_to_this_machine_is_refused(gateway):
    url = f"{gateway.gateway_url}/v1/namespaces"
    refused = httpx.get(url, headers={"Host": "evil.example"}, trust_env=False)
    assert refused.status_code == 403 and "evil.example" in refused.json()["detail"]
    forged = httpx.post(url, json={"id": "forged"}, headers={"Origin": "http://evil.example"}, trust_env=False)
    assert forged.status_code == 403
    assert httpx.get(f"{url}/forged", trust_env=False).status_code == 404
