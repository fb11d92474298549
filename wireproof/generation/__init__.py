"""Generated requests: hypothesis strategies from the request rules of a contract, and the judging of each request."""
