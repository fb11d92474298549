"""The model: answers made from a request, the same for the same request."""
