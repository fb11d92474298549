"""Requests that hypothesis makes: strategies over a contract's request shapes, and what becomes of each request."""
