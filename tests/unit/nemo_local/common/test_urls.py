"""Addresses that HTTP clients would fail on are recognised before."""

import pytest

from nemo_local.common.urls import is_loopback, split_url


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/v1", "https://host", "HTTP://[::1]:80/v1?a=b"])
def test_an_address_has_its_parts(url):
    assert split_url(url).hostname in ("127.0.0.1", "host", "::1")


@pytest.mark.parametrize(
    "url",
    ["http://host:80a0/v1", "http://host:99999/v1", "http://[::1/v1", "ftp://host", "host/v1", "http://", "", None, 7],
)
def test_what_is_none_is_refused(url):
    assert split_url(url) is None


def test_this_machine_has_several_names():
    assert all(map(is_loopback, ("127.0.0.1", "127.8.9.10", "::1", "localhost", "a.localhost")))
    assert not any(map(is_loopback, ("", "10.0.0.1", "localhost.example.com", "notlocalhost")))
