"""The picture of the figures."""

from xml.etree import ElementTree as ET

from bench.chart import LONGEST, Bars, chart

SVG = "{http://www.w3.org/2000/svg}"


def bars(text: str) -> list[int]:
    """Return the lengths of the bars; the first rectangle is the ground."""
    return [int(rect.get("width") or 0) for rect in ET.fromstring(text).iter(f"{SVG}rect")][1:]


def test_the_longest_bar_of_each_panel_is_the_longest_there_is_and_the_others_are_in_scale() -> None:
    panels = (Bars("cost", (("heyi", 2.0), ("Janus", 4.0))), Bars("delay", (("heyi", 0.3), ("Janus", 0.1))))
    assert bars(chart("Rooms", panels)) == [LONGEST // 2, LONGEST, LONGEST, LONGEST // 3]


def test_every_figure_stands_beside_its_bar() -> None:
    text = chart("Rooms", (Bars("cost", (("heyi", 2.25), ("Janus", 4.0))),))
    words = [element.text for element in ET.fromstring(text).iter(f"{SVG}text")]
    assert words == ["Rooms", "cost", "heyi", "2.25", "Janus", "4"]


def test_names_cannot_break_out_of_the_picture_and_nothing_in_it_runs() -> None:
    text = chart("<script>", (Bars("a & b", (("heyi <", 0.0),)),))
    found = {element.tag.removeprefix(SVG) for element in ET.fromstring(text).iter()}
    assert found == {"svg", "title", "rect", "text"}
