"""The page and the API of `ikelog serve`: what they answer, whom they refuse, and what they never do."""

import asyncio
import gzip
import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema
import openapi_spec_validator
import pytest
from starlette.testclient import TestClient

from ikelog.reporting.json_report import schema
from ikelog.serve import analysis, worker
from ikelog.serve.application import build_application
from ikelog.serve.examples import example, examples
from ikelog.serve.server import Address, build_settings, is_loopback
from ikelog.serve.types import Answer, Job, Settings
from ikelog.serve.worker import Busy, Workers

SAMPLES = Path(__file__).parent.parent / "samples"
PSK = (SAMPLES / "asa-psk-mismatch.log").read_bytes()
PEERS = (SAMPLES / "iosxe-three-peers.log").read_bytes()
ANALYZE = "/api/v1/analyze"
HERE = "http://127.0.0.1:8514"


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Analyse in this process: what a process of its own does is tested apart."""

    async def perform(self, job):
        return worker._performed(job)

    monkeypatch.setattr(Workers, "perform", perform)


def client(settings=None, base_url=HERE) -> TestClient:
    # what goes wrong inside is an answer too
    return TestClient(build_application(settings or Settings()), base_url=base_url, raise_server_exceptions=False)


def problem(response, status) -> str:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    told = response.json()
    assert (told["status"], set(told)) == (status, {"type", "title", "status", "detail"})
    return told["detail"]


@pytest.mark.parametrize(
    "path", ["/", "/static/app.js", "/static/app.css", "/api/v1/openapi.json", "/api/v1/examples", "/no-such-page"]
)
def test_every_answer_forbids_what_no_answer_needs(path):
    headers = client().get(path).headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"https?:|\*", policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


def test_the_page_has_no_inline_script_style_or_handler_and_loads_nothing_from_elsewhere():
    text = client().get("/").text
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", text)
    loaded = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert loaded
    assert all(one.startswith(("/", "data:,")) for one in loaded)


@pytest.mark.parametrize(
    ("form", "media", "holds"),
    [
        ("json", "application/json", '"IKE201"'),
        ("markdown", "text/markdown; charset=utf-8", "IKE201"),
        ("text", "text/plain; charset=utf-8", "IKE201 psk-mismatch"),
        ("html", "text/html; charset=utf-8", "<!doctype html>"),
    ],
)
def test_a_log_as_the_body_is_analysed_in_every_format(form, media, holds):
    response = client().post(f"{ANALYZE}?format={form}&name=edge1.log", content=PSK)
    assert response.status_code == 200
    assert response.headers["content-type"] == media
    assert holds.lower() in response.text.lower()
    assert "edge1.log" in response.text


def test_json_is_the_report_of_the_schema():
    told = client().post(ANALYZE, content=PEERS).json()
    jsonschema.Draft202012Validator(json.loads(schema())).validate(told)
    assert told["summary"]["failed"] == 2


def test_files_of_a_form_are_one_report_and_a_text_in_it_is_another_log():
    parts = [("files", ("a.log", PSK)), ("files", ("a.log", PEERS))]
    told = client().post(ANALYZE, files=parts, data={"text": PSK.decode()}).json()
    assert [source["name"] for source in told["sources"]] == ["pasted", "a.log", "a.log (2)"]


def archives() -> dict[str, bytes]:
    tar, zipped = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as out:
        member = tarfile.TarInfo("logs/edge1.log")
        member.size = len(PSK)
        out.addfile(member, io.BytesIO(PSK))
    with zipfile.ZipFile(zipped, "w") as out:
        out.writestr("logs/edge1.log", PSK)
        out.writestr("../../etc/passwd", "root")
    return {"b.tgz": tar.getvalue(), "b.zip": zipped.getvalue(), "edge1.log.gz": gzip.compress(PSK)}


@pytest.mark.parametrize("name", ["b.tgz", "b.zip", "edge1.log.gz"])
def test_bundles_are_read(name):
    response = client().post(ANALYZE, files={"files": (name, archives()[name])})
    assert response.json()["summary"]["failed"] == 1
    assert ("etc/passwd" in response.headers.get("x-ikelog-skipped", "")) == (name == "b.zip")


def test_nothing_is_written_to_a_disk_however_large_a_file_is(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a temporary file")

    noise = b"Jun  1 10:00:00 gw %LINK-3-UPDOWN: Interface Tunnel1, changed state to up\n" * 60_000
    for name in ("TemporaryFile", "NamedTemporaryFile", "mkstemp", "mkdtemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    assert len(noise) > 4 << 20
    assert client().post(ANALYZE, files={"files": ("big.log", noise + PSK)}).status_code == 200


def test_more_than_the_limit_is_refused_with_and_without_a_length():
    small = client(Settings(body_bytes=1000))
    assert "more than" in problem(small.post(ANALYZE, content=PSK), 413)
    assert "more than" in problem(small.post(ANALYZE, content=iter([PSK[:900], PSK[:900]])), 413)
    assert "more than" in problem(small.post(ANALYZE, files={"files": ("a.log", PSK)}), 413)


def test_what_expands_too_far_is_left_out():
    bomb = gzip.compress(b"\n" * (4 << 20))
    assert problem(client(Settings(body_bytes=1 << 17)).post(ANALYZE, content=bomb), 422)


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        (b"", 400, "nothing in the request"),
        (b" \n", 400, "nothing in the request"),
        ((SAMPLES / "foreign-strongswan.log").read_bytes(), 422, "looks like a log of strongSwan"),
        (b"\0\1\2\3" * 900, 422, "no text"),
    ],
)
def test_what_cannot_be_analysed_is_told_why(content, status, says):
    assert says in problem(client().post(ANALYZE, content=content), status)


@pytest.mark.parametrize("query", ["format=pdf", "audit=perhaps", "format="])
def test_parameters_are_checked(query):
    assert "must be" in problem(client().post(f"{ANALYZE}?{query}", content=PSK), 400)


def test_a_form_that_is_none_is_refused():
    headers = {"content-type": "multipart/form-data"}
    assert "form" in problem(client().post(ANALYZE, content=PSK, headers=headers), 400)
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert client().post(ANALYZE, content=PSK, headers=headers).status_code == 400


def test_wrong_addresses_and_methods_are_problems_too():
    assert problem(client().get("/nowhere"), 404)
    assert problem(client().get(ANALYZE), 405)
    assert problem(client().get("/static/..%2f..%2ftypes.py"), 404)
    assert problem(client().get("/api/v1/examples/..%2fREADME"), 404)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8514", "192.0.2.1", "", "[::1", "a@b:1:2"],
)
def test_other_host_names_are_refused(host):
    problem(client().get("/", headers={"host": host}), 421)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9000", "127.0.0.1:1", "[::1]:8514"])
def test_this_machines_names_are_taken_with_any_port(host):
    assert client().get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "https://127.0.0.1:8514"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_pages_of_other_sites_may_not_ask(headers):
    problem(client().post(ANALYZE, content=PSK, headers=headers), 403)


@pytest.mark.parametrize("headers", [{}, {"origin": HERE, "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}])
def test_the_page_itself_and_programs_may(headers):
    assert client().post(ANALYZE, content=PSK, headers=headers).status_code == 200


TOKEN = "the-token"


def test_with_a_token_nothing_is_served_without_it():
    guarded = client(Settings(token=TOKEN))
    for path in ("/", "/static/app.js", "/api/v1/openapi.json", "/?token=wrong", "/nowhere"):
        assert "token" in problem(guarded.get(path), 401)
    problem(guarded.post(ANALYZE, content=PSK), 401)
    problem(guarded.post(f"{ANALYZE}?token={TOKEN}", content=PSK), 401)  # addresses are logged and shared
    problem(guarded.get("/", headers={"authorization": "Bearer the-tokem"}), 401)
    problem(guarded.get("/", headers={"cookie": "ikelog_token=ä".encode("latin-1")}), 401)
    headers = {"authorization": f"Bearer {TOKEN}"}
    assert guarded.post(ANALYZE, content=PSK, headers=headers).status_code == 200


def test_the_address_with_the_token_becomes_a_cookie_that_scripts_and_other_sites_do_not_get():
    guarded = client(Settings(token=TOKEN))
    first = guarded.get(f"/?token={TOKEN}", follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    assert {"httponly", "samesite=strict"} <= set(first.headers["set-cookie"].lower().split("; "))
    assert guarded.get("/").status_code == 200
    assert guarded.post(ANALYZE, content=PSK).status_code == 200


def test_beyond_loopback_a_token_is_needed_and_addresses_are_names():
    assert build_settings(Address()).token is None
    assert build_settings(Address("localhost")).token is None
    opened = build_settings(Address("0.0.0.0"), ["vpn.example.net"])
    assert len(opened.token) >= 32
    assert opened.token != build_settings(Address("0.0.0.0")).token
    guarded, headers = client(opened), {"authorization": f"Bearer {opened.token}"}
    for host, status in (("192.0.2.1:8514", 200), ("VPN.example.net", 200), ("evil.example", 421)):
        assert guarded.get("/", headers={**headers, "host": host}).status_code == status
    assert [is_loopback(host) for host in ("127.0.0.9", "[::1]", "10.0.0.1", "::", "example.net")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_the_description_is_openapi_and_says_what_is_answered():
    told = client().get("/api/v1/openapi.json").json()
    openapi_spec_validator.validate(told)
    post = told["paths"][ANALYZE]["post"]
    assert {"200", "401", "413", "422", "503"} <= set(post["responses"])
    assert {one["name"] for one in post["parameters"]} == {"format", "audit", "name"}
    assert set(post["responses"]["200"]["content"]) == {
        "application/json", "text/markdown", "text/plain", "text/html",
    }  # fmt: skip


def test_each_example_is_a_log_of_ours():
    listed = client().get("/api/v1/examples").json()
    assert len(listed) > 40
    assert {"name": "asa-psk-mismatch", "title": "ASA: psk mismatch"} in listed
    assert client().get("/api/v1/examples/asa-psk-mismatch").content == PSK
    assert example("../README") is None
    assert all(analysis.perform(Job(((one.name, example(one.name).encode()),))).status == 200 for one in examples())


def test_a_log_that_is_an_attack_stays_text_and_secrets_of_an_error_stay_here(monkeypatch):
    log = PSK.replace(b"203.0.113.113", b"<img/src=x/onerror=alert(1)>")
    assert "<img/src=x" not in client().post(f"{ANALYZE}?format=html", content=log).text

    def fail(*_):
        raise ValueError("the key is hunter2")

    monkeypatch.setattr(worker, "perform", fail)
    detail = problem(client().post(ANALYZE, content=PSK), 500)
    assert "ValueError" in detail
    assert "hunter2" not in detail


def sleeps(job: Job) -> Answer:
    """Take as long as the log says; in a process of its own."""
    import time

    time.sleep(float(job.logs[0][1]))
    return Answer(200, job.logs[0][0])


def dies(job: Job) -> Answer:
    """End the process, if the log says so."""
    if job.logs[0][1] == b"die":
        os._exit(3)
    return Answer(200, "")


def in_a_loop(asked):
    """Run a coroutine in a thread of its own: a browser of other tests may have a loop under way in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asked).result()


async def with_workers(monkeypatch, perform, settings, *logs):
    monkeypatch.undo()  # the real processes
    monkeypatch.setattr(worker, "_serve", SERVE[perform])
    workers = Workers(settings)
    try:
        asked = (workers.perform(Job(((f"log{n}", log),))) for n, log in enumerate(logs))
        return await asyncio.gather(*asked, return_exceptions=True)
    finally:
        workers.close()


def _serve_sleeping(pipe):
    worker._performed = sleeps
    WORKER_SERVE(pipe)


def _serve_dying(pipe):
    worker._performed = dies
    WORKER_SERVE(pipe)


WORKER_SERVE = worker._serve
SERVE = {sleeps: _serve_sleeping, dies: _serve_dying}


def test_what_takes_too_long_is_ended_and_the_next_is_answered(monkeypatch):
    settings = Settings(timeout_s=3.0, workers=1)
    first, second = in_a_loop(with_workers(monkeypatch, sleeps, settings, b"60", b"0"))
    assert isinstance(first, TimeoutError)
    assert second == Answer(200, "log1")


def test_no_more_than_so_many_wait(monkeypatch):
    settings = Settings(workers=1, waiting=1)
    told = in_a_loop(with_workers(monkeypatch, sleeps, settings, b"0.1", b"0.1", b"0.1"))
    assert [type(one) for one in told] == [Answer, Answer, Busy]


def test_a_process_that_dies_is_said(monkeypatch):
    told = in_a_loop(with_workers(monkeypatch, dies, Settings(workers=1), b"die", b"live"))
    assert [one.status for one in told] == [500, 200]
    assert "broke off" in told[0].text


def command(*args) -> list[str]:
    return [sys.executable, "-m", "ikelog", "serve", *args]


def test_it_serves_prints_its_address_and_logs_nothing_of_what_it_was_asked(tmp_path):
    with subprocess.Popen(
        command("--port", "0"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as server:
        address = server.stdout.readline().decode().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        request = urllib.request.Request(f"{address}api/v1/analyze?format=text&name=secret", PSK)
        with urllib.request.urlopen(request, timeout=60) as response:
            assert b"IKE201" in response.read()
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=30)
    assert (out, err) == (b"", b"")
    assert server.returncode == 130
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--host", "192.0.2.1"], "--host 192.0.2.1 --port 8514: "),
        (["--host", "no.such.host.invalid"], "--host no.such.host.invalid"),
        (["--port", "70000"], "--port"),
        (["--limit", "0"], "--limit"),
    ],
)
def test_what_cannot_be_served_is_one_line(args, says):
    done = subprocess.run(command(*args), capture_output=True, timeout=60, text=True)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_the_extra_it_says_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['uvicorn'] = None; sys.argv = ['ikelog', 'serve'];"
        "import importlib.util as u; find = u.find_spec;"
        "u.find_spec = lambda name: None if name == 'uvicorn' else find(name);"
        "from ikelog.cli.main import run; run()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, text=True)
    assert done.returncode == 2
    assert done.stderr == "ikelog: serve needs more than is installed: pip install 'ikelog[serve]'\n"
