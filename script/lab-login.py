"""An FTP server that refuses every password, for the lab: login.py PORT."""

import socketserver
import sys


class Refuse(socketserver.StreamRequestHandler):
    timeout = 10

    def handle(self):
        self.wfile.write(b"220 ready\r\n")
        for line in iter(lambda: self.rfile.readline(512), b""):
            if line[:4].upper() == b"USER":
                self.wfile.write(b"331 password please\r\n")
            elif line[:4].upper() == b"PASS":
                # A real server hangs up too, sooner or later; then the guesser comes again.
                self.wfile.write(b"530 wrong\r\n")
                return
            else:
                self.wfile.write(b"502 no\r\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


Server(("", int(sys.argv[1])), Refuse).serve_forever()
