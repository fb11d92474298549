"""Conformance under load: responses are judged while they are measured."""
