"""scripts/check_arrows finds an include that is planted in a copy."""
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOMS = ["cli", "http", "actors", "messages"]


@pytest.fixture
def copy(tmp_path):
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room)
    return tmp_path


def check(root):
    return subprocess.run(
        ["/usr/bin/python3", "-B", str(ROOT / "scripts/check_arrows"),
         str(root)],
        capture_output=True, text=True)


def plant(root, path, include):
    with (root / path).open("a") as file:
        file.write(f"\n#  include {include}\n")


def test_the_house_itself_passes(copy):
    result = check(copy)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("path, include", [
    ("messages/planted.cpp", '"actors/health.hpp"'),
    ("messages/planted.hpp", '"cli/flags.hpp"'),
    ("actors/planted.cpp", '"http/server.hpp"'),
    ("http/planted.hpp", '"cli/flags.hpp"'),
    ("actors/planted.hpp", "<asio.hpp>"),
    ("cli/planted.cpp", "<asio/io_context.hpp>"),
    ("messages/planted.hpp", "<rapidjson/document.h>"),
    ("actors/io/planted.cpp", "<rapidjson/writer.h>"),
    ("http/planted.cpp", "<restinio/all.hpp>"),
    ("actors/planted.cpp", "<curl/curl.h>"),
    ("cli/planted.cpp", "<openssl/evp.h>"),
    ("actors/planted.cpp", '"health.hpp"'),
    ("http/planted.cpp", '"tests/e2e/x.hpp"'),
])
def test_a_planted_include_is_found(copy, path, include):
    plant(copy, path, include)
    result = check(copy)
    assert result.returncode == 1
    assert f"{path}:2: #include {include[1:-1]}" in result.stderr


def test_a_header_that_shows_rapidjson_is_for_messages_alone(copy):
    plant(copy, "messages/wire/planted.hpp", "<rapidjson/document.h>")
    plant(copy, "messages/wire/user.cpp", '"messages/wire/planted.hpp"')
    assert check(copy).returncode == 0
    plant(copy, "messages/wire/public.hpp", '"messages/wire/planted.hpp"')
    plant(copy, "actors/planted.cpp", '"messages/wire/public.hpp"')
    result = check(copy)
    assert result.returncode == 1
    assert "actors/planted.cpp:2" in result.stderr
