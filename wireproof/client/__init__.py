"""The client: builds requests, sends them within limits and records the responses."""
