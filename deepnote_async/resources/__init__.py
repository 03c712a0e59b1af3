"""One module per tag of the API. Each method validates, calls, and wraps the answer into a public record."""
