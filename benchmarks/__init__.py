"""Measurements of wireproof's own speed and accuracy, each compared with a control in the same run."""
