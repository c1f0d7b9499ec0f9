"""The filter of the run list."""

from typing import Any

import pytest

from workbench.errors import RequestError
from workbench.runs.library.query import WORDS, parse_query

RUN = {
    WORDS: "resnet-a1b2 resnet/resnet-5m-cifar10 lr 0.1",
    "status": "finished",
    "val": 0.912,
    "params": 4_771_146,
    "optimizer.kind": "adam",
    "optimizer.lr": 0.1,
    "optimizer.nesterov": True,
    "model.blocks": [5, 4, 3],
    "started": "2026-03-01T10:00:00+00:00",
    "test": None,
}
KEYS = {key for key in RUN if "." in key}


def matches(text: str, run: dict[str, Any] = RUN) -> bool:
    return parse_query(text, KEYS).matches(run.get)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "resnet",
        "RESNET 5m",
        "status:fin",
        "status=finished acc>0.9 optimizer.kind=adam resnet",
        "acc>90%",
        "val>=0.912 val<=0.912",
        "params<5M params>4.7M",
        "lr=0.1",
        "lr=1e-1",
        "blocks:5-4",
        "optimizer.nesterov=true",
        "-simplenn",
        "-status:running",
        "status!=failed",
        "started>2026-02",
        '"lr 0.1"',
        "-test>0",
    ],
)
def test_holds(text: str) -> None:
    assert matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "simplenn",
        "acc>0.92",
        "acc<90%",
        "resnet -a1b2",
        "status=fin",
        "status!=finished",
        "test>0",
        "test<1",
        "lr>0.1",
        "optimizer.nesterov=false",
        "started>2026-04",
    ],
)
def test_does_not_hold(text: str) -> None:
    assert not matches(text)


def test_a_typo_names_the_nearest() -> None:
    with pytest.raises(RequestError, match=r"'stauts'; did you mean status\?"):
        parse_query("stauts:finished", KEYS)


def test_a_dotted_key_that_no_run_has_is_refused_only_where_keys_are_known() -> None:
    assert parse_query("optimizer.beta>0").names == {"optimizer.beta"}
    with pytest.raises(RequestError, match=r"optimizer\.beta"):
        parse_query("optimizer.beta>0", KEYS)


@pytest.mark.parametrize("text", ["lr>", ">", ":", "-", '"', "a=b=c", "val>\x1b[31m", "=" * 999])
def test_half_typed_and_odd_filters_are_no_crash(text: str) -> None:
    try:
        parse_query(text, KEYS).matches(RUN.get)
    except RequestError as error:
        assert "\n" not in str(error)
