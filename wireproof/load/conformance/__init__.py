"""Conformance under load: answers are judged while they are measured."""
