"""An MCP server over streamable HTTP with one tool, `add`."""
from fakes.http_fake import Answer, HttpFake


class McpServer(HttpFake):
    def classify(self, method, path):
        return f"{method} mcp"

    @property
    def calls(self):
        """The tool calls so far."""
        return [r.json["params"] for r in self.of("POST mcp")
                if r.json.get("method") == "tools/call"]

    def usual(self, request):
        if request.method != "POST":
            return Answer(405, {"error": "nothing is pushed here"})
        message = request.json
        if "id" not in message:
            return Answer(202, b"")
        result = self._result(message["method"], message.get("params", {}))
        if result is None:
            return Answer(body={"jsonrpc": "2.0", "id": message["id"],
                                "error": {"code": -32601,
                                          "message": "Method not found"}})
        return Answer(body={"jsonrpc": "2.0", "id": message["id"],
                            "result": result})

    @staticmethod
    def _result(method, params):
        if method == "initialize":
            return {"protocolVersion": params["protocolVersion"],
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "sums", "version": "1"}}
        if method == "tools/list":
            number = {"type": "number"}
            return {"tools": [{
                "name": "add", "description": "Adds two numbers.",
                "inputSchema": {"type": "object",
                                "properties": {"a": number, "b": number},
                                "required": ["a", "b"]}}]}
        if method == "tools/call":
            numbers = params["arguments"]
            total = numbers["a"] + numbers["b"]
            return {"content": [{"type": "text", "text": f"sum {total}"}]}
        return {} if method == "ping" else None
