"""The model gateway, as far as the model list goes."""
from .http_fake import Answer, HttpFake

MODELS = [
    {"id": "claude-opus-4-7", "owned_by": "anthropic",
     "context_window": 1000000},
    {"id": "claude-sonnet-4-6", "owned_by": "anthropic",
     "context_window": 1000000},
    {"id": "claude-haiku-4-5", "owned_by": "anthropic",
     "context_window": 200000},
    {"id": "gpt-5.4", "owned_by": "openai", "context_window": 400000},
    {"id": "gpt-5-mini", "owned_by": "openai", "context_window": 400000},
]


class Gateway(HttpFake):
    """Answers below any product; `url` names the product as a launcher
    would."""

    def __init__(self, **options):
        self.models = MODELS
        super().__init__(**options)

    @property
    def product_url(self):
        return self.url + "/some_product"

    def classify(self, method, path):
        return f"{method} models" if path.endswith("/v1/models") else \
            f"{method} {path}"

    def usual(self, request):
        if request.kind == "GET models":
            return Answer(body={"object": "list", "data": self.models})
        return Answer(404, {"error": "not here"})
