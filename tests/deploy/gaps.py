"""Reads emulator-gaps.yaml."""

from pathlib import Path

import yaml


def named(kind):
    """Returns the names of the functions that the gaps of this kind need."""
    gaps = yaml.safe_load(Path(__file__).with_name("emulator-gaps.yaml").read_text())
    return [gap[kind] for gap in gaps if kind in gap]
