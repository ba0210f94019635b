"""A token endpoint and an introspection endpoint (what Dovecot asks) in one, on loopback."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class OauthServer:
    """``answers``: (status, body) of the token endpoint, one after the other, the last for ever.

    Without any it gives tokens of ``user``; those in ``good`` are the ones that introspection knows.
    """

    user: str = "office@firm.example"
    life: object = 3600
    answers: list[tuple[int, object]] = field(default_factory=list)
    good: set[str] = field(default_factory=set)
    asked: list[dict[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def token_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/token"

    @property
    def introspect_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/introspect?token="

    def give_token(self, form: dict[str, str]) -> tuple[int, object]:
        self.asked.append(form)
        if self.answers:
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        token = f"token-{len(self.asked)}"
        self.good.add(token)
        return 200, {"access_token": token, "expires_in": self.life, "token_type": "Bearer"}

    def introspect(self, token: str) -> tuple[int, object]:
        return 200, {"active": token in self.good, "username": self.user}


@contextlib.contextmanager
def running_oauth(server: OauthServer) -> Iterator[OauthServer]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(*server.give_token({name: values[0] for name, values in parse_qs(body).items()}))

        def do_GET(self) -> None:
            self.answer(*server.introspect(parse_qs(urlsplit(self.path).query).get("token", [""])[0]))

        def answer(self, status: int, body: object) -> None:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_words: object) -> None: ...

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.port = listening.server_address[1]
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        thread.join(10)
        listening.server_close()
