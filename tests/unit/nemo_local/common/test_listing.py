"""One page of a list: pages, order, filters and searches."""

from __future__ import annotations

import pytest
from fastapi import Request

from nemo_local.common.errors import Invalid
from nemo_local.common.listing import list_page

DOCUMENTS = [
    {
        "id": f"job-{n}",
        "namespace": "ns",
        "name": f"n{n}",
        "created_at": f"2025-01-0{n}T00:00:00.000000",
        "tags": {
            "gpu": n > 2,
            "size": n * 5,
            "made": {"created_at": f"2025-02-0{n}T00:00:00.000000"},
            "noted": {"created_at": "yesterday" if n > 2 else n},
        },
        "enabled": n % 2 == 0,
        "epochs": n * 5,
        "base_model": "meta/llama" if n == 1 else None,
        "peft": {"finetuning_type": "lora"} if n == 2 else None,
        "config": {"namespace": "team", "name": f"c{n}"},
    }
    for n in range(1, 5)
]
FIELDS = ("tags", "enabled", "epochs", "base_model", "peft", "config", "description")
COMPUTED = {"twice": lambda document: document["epochs"] * 2}


def listed(query: str) -> dict:
    request = Request({"type": "http", "query_string": query.encode(), "headers": []})
    return list_page(request, DOCUMENTS, FIELDS, COMPUTED)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["n4", "n3", "n2", "n1"]),
        ("sort=name", ["n1", "n2", "n3", "n4"]),
        ("sort=-twice", ["n4", "n3", "n2", "n1"]),  # as numbers: as texts, 10 is before 20 and after 100
        ("sort=name&page_size=3&page=2", ["n4"]),
        ("page=99", []),
        ("filter[tags][noted][created_at]=2025-01-03", []),  # a field of the client's own that is no time
        ("filter[name]=n2", ["n2"]),
        ("filter[name]=true", []),
        ("filter[name]=n2,n3&sort=name", ["n2", "n3"]),
        ("filter[name]=n2&filter[name]=n3&sort=name", ["n2", "n3"]),
        ("filter[tags][gpu]=true&sort=name", ["n3", "n4"]),
        ("filter[tags][size]=10", ["n2"]),
        ("filter[tags][none]=x", []),
        ("filter[enabled]=true&sort=name", ["n2", "n4"]),
        ("filter[enabled]=False&sort=name", ["n1", "n3"]),
        ("filter[epochs]=20", ["n4"]),
        ("filter[epochs]=many", []),
        ("filter[twice]=20", ["n2"]),
        ("filter[peft]=true", ["n2"]),
        ("filter[peft]=false&sort=name", ["n1", "n3", "n4"]),
        ("filter[peft][lora]=true", ["n2"]),
        ("filter[base_model]=true", ["n1"]),
        ("filter[base_model][name]=llama", ["n1"]),
        ("filter[config]=team/c3", ["n3"]),
        ("filter[config]=other/c3", []),
        ("filter[config][name]=c3", ["n3"]),
        ("filter[description]=true", []),
        ("filter[created_at]=2025-01-03", ["n3"]),
        ("filter[created_at][gt]=2025-01-02&filter[created_at][lt]=2025-01-04", ["n3"]),
        ("filter[created_at][neq]=2025-01-02T00:00:00Z&sort=name", ["n1", "n3", "n4"]),
        ("filter[tags][made][created_at][lte]=2025-02-01", ["n1"]),
        ("search[created_at][start]=2025-01-04T01:00:00%2B01:00", ["n4"]),
        ("search[created_at]=2025-01-04", ["n4"]),
        ("search[name]=N1", ["n1"]),
        ("search[config]=c4", ["n4"]),
        ("search[description]=none", []),
    ],
)
def test_pages(query, names):
    assert [document["name"] for document in listed(query)["data"]] == names


def test_a_page_says_where_it_is_and_what_was_asked():
    page = listed("page_size=3&filter[tags][gpu]=true,false&sort=-name")
    assert page["pagination"] == {
        "page": 1,
        "page_size": 3,
        "current_page_size": 3,
        "total_pages": 2,
        "total_results": 4,
    }
    assert (page["object"], page["sort"], page["filter"]) == ("list", "-name", {"tags": {"gpu": ["true", "false"]}})


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("page=-1", "at least 1"),
        ("page_size=0", "at least 1"),
        (f"page={'9' * 5000}", "at least 1"),  # more digits than Python reads
        ("page=1.5", "whole number"),
        ("sort=weight", "twice"),
        ("filter=x", "filter[field]=value"),
        ("search[a=x", "search[field]=value"),
        ("filter[tags]=true&filter[tags][gpu]=true", "choose one"),
        ("filter[created_at][gte]=soon", "not a date"),
        ("filter[created_at]=soon", "not a date"),
        ("filter[created_at][after]=2025-01-01", "gte"),
        ("filter[colour]=red", "there is no field 'colour'; known ones: base_model, config"),
        ("search[colour]=red", "there is no field 'colour'"),
        ("filter[enabled]=maybe", "is true or false"),
        ("filter[tags]=gpu", "is an object"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(query, says):
    with pytest.raises(Invalid) as caught:
        listed(query)
    assert says in caught.value.detail and caught.value.location == "query"
