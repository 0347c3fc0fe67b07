"""What a job says whose adapter could not be stored."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nemo_local.customizer.training.publish import PublishError, publish

OUTPUT = {"namespace": "ada", "name": "caller", "version": "v1"}


def test_a_full_disk_of_the_data_store_is_told_in_its_own_words(tmp_path):
    class Full(BaseHTTPRequestHandler):
        """Takes the namespaces, then has no space left for a repository."""

        def do_GET(self):  # of the model: nobody has registered it
            self.send_error(404)

        def do_POST(self):
            hub = self.path.startswith("/v1/hf/")
            answer = b'{"error": "The disk is full. Free some space."}' if hub else b"{}"
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(507 if hub else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Full) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        order = {"output": OUTPUT, "gateway_url": f"http://127.0.0.1:{server.server_port}", "job_id": "cust-1"}
        with pytest.raises(PublishError) as caught:
            publish(order, tmp_path, {})
        server.shutdown()
    assert str(caught.value) == (
        "the training is done, but the adapter could not be uploaded to ada/caller in the Data Store: "
        "The disk is full. Free some space. The adapter is kept in the job's directory."
    )


def test_an_adapter_that_somebody_registered_meanwhile_is_left_alone(tmp_path):
    asked = []

    class Taken(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(f"GET {self.path}")
            answer = b'{"custom_fields": {"customization_id": "cust-2"}}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_POST(self):
            asked.append(f"POST {self.path}")
            self.send_error(500)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Taken) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        order = {"output": OUTPUT, "gateway_url": f"http://127.0.0.1:{server.server_port}", "job_id": "cust-1"}
        with pytest.raises(PublishError, match="ada/caller@v1 was registered by someone else during this job"):
            publish(order, tmp_path, {})
        server.shutdown()
    assert asked == ["GET /v1/models/ada/caller@v1"]
