"""Measurements of wireproof's own speed and accuracy, each beside a control in the same run."""
