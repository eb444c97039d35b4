"""A stand-in for VirusTotal, for the lab: five engines call one address malicious.

Usage: lab-virustotal.py PORT ADDRESS LOG. Listens on the loopback. Each answer is a line of LOG: the time
in seconds since the epoch when it was given, and the path that was asked for.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADDRESS, LOG = sys.argv[2:4]


class VirusTotal(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.headers.get("x-apikey") != "lab":
            self.answer(401, {"error": {"code": "WrongCredentialsError", "message": "wrong key"}})
            return
        kind, asked = self.path.rsplit("/", 2)[-2:]
        malicious = 5 if asked == ADDRESS else 0
        stats = {"harmless": 60, "malicious": malicious, "suspicious": 0, "undetected": 20, "timeout": 0}
        attributes = {"last_analysis_stats": stats, "reputation": 0}
        self.answer(200, {"data": {"id": asked, "type": kind, "attributes": attributes}})
        with open(LOG, "a", encoding="utf-8") as log:
            print(f"{time.time():.6f} {self.path}", file=log)

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """What was answered is in LOG."""


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), VirusTotal).serve_forever()
