"""Runs moto's DynamoDB without its web framework, which takes nine tenths of each request's time: for a test that makes
tens of thousands of requests. Each request is atomic, as in moto_server.py, which explains why.

    .tools/venv/bin/python tests/moto_table.py
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from moto.core.exceptions import JsonRESTError
from moto.core.utils import camelcase_to_underscores
from moto.dynamodb.models.utilities import dynamo_json_dump
from moto.dynamodb.responses import DynamoHandler

whole = threading.Lock()


class Request(DynamoHandler):
    current_account = "123456789012"
    region = "us-east-1"


def answer(operation, body):
    request = Request()
    request.body = body
    with whole:
        try:
            action = getattr(request, camelcase_to_underscores(operation))
            return 200, dynamo_json_dump(action().result)
        except JsonRESTError as refused:
            return 400, refused.description


class Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status, text = answer(self.headers["x-amz-target"].split(".")[1], body)
        text = text.encode()
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("127.0.0.1", 0), Connection)
print(f"Running on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
