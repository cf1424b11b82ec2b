"""Dockerfile and docker-compose.yml against what they must agree with: packages.txt, ports, variables, the binary.

No container engine is needed: both files are parsed."""

from __future__ import annotations

import pathlib
import re
import shlex
import subprocess

import pytest
import yaml

from server import BINARY, ROOT

pytestmark = pytest.mark.quick


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order: (name, arguments), continued lines joined, comments left out."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.lstrip().startswith("#")]
    text = "\n".join(lines).replace("\\\n", " ")
    return [
        (name.upper(), arguments.strip())
        for name, _, arguments in (line.partition(" ") for line in text.splitlines() if line.strip())
    ]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for name, arguments in instructions():
        if name == "FROM":
            found.append([])
        found[-1].append((name, arguments))
    return found


def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def groups() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (ROOT / "packages.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            group, package, *why = line.split(maxsplit=2)
            assert why and why[0].startswith("# "), f"packages.txt does not say why {package} is needed"
            found.setdefault(group, []).append(package)
    return found


def environment_of_image() -> dict[str, str]:
    pairs = [shlex.split(arguments) for name, arguments in stages()[-1] if name == "ENV"]
    return dict(pair.split("=", 1) for line in pairs for pair in line)


def known_variables() -> set[str]:
    text = subprocess.run(
        [str(BINARY), "help", "environment"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    return set(re.findall(r"\bTANDEM_[A-Z_]+\b", text))


def test_packages_txt_has_its_groups_and_names_nothing_twice_in_one() -> None:
    found = groups()
    assert set(found) == {"build", "run", "embedded", "test", "bi"}
    for group, packages in found.items():
        assert len(packages) == len(set(packages)), group


def test_the_packages_script_reads_the_same_list() -> None:
    for group, packages in groups().items():
        listed = subprocess.run(
            [str(ROOT / "scripts/packages"), "--list", group], capture_output=True, text=True, check=True
        ).stdout.split()
        assert sorted(listed) == sorted(packages)


def test_images_install_packages_through_the_one_list_only() -> None:
    build, run = stages()
    installed = {
        index: [arguments for name, arguments in stage if name == "RUN" and "scripts/packages" in arguments]
        for index, stage in enumerate((build, run))
    }
    assert installed[0][0].startswith("scripts/packages build &&")
    assert installed[1][0].startswith("scripts/packages run &&")
    assert not [arguments for name, arguments in instructions() if "apt-get" in arguments or "apt " in arguments]


def test_the_binary_needs_only_libraries_of_the_run_group() -> None:
    """What the debug binary is linked to beyond Swift and the C library belongs to a package of group run."""
    output = subprocess.run(["ldd", str(BINARY)], capture_output=True, text=True, check=True).stdout
    linked = {line.split()[0] for line in output.splitlines() if "=>" in line}
    wanted = {"libpq.so": "libpq5", "libz.so": "zlib1g", "libsimdjson.so": "libsimdjson14",
              "libphonenumber.so": "libphonenumber8", "libargon2.so": "libargon2-1", "libre2.so": "libre2-9",
              "libstdc++.so": "libstdc++6"}
    run = set(groups()["run"])
    for library, package in wanted.items():
        if any(name.startswith(library) for name in linked):
            assert package in run, f"{library} is linked, but packages.txt has no {package} in group run"
    swift = re.compile(r"lib(swift|_?Foundation|_Internationalization|dispatch|Blocks)")
    own = {name for name in linked if not swift.match(name)}
    direct = {line.split("[")[1].rstrip("]") for line in needed().splitlines() if "NEEDED" in line}
    allowed = tuple(wanted) + ("libc.so", "libm.so", "libgcc_s.so", "ld-linux", "libdl.so", "libpthread.so")
    unknown = {name for name in own & direct if not name.startswith(allowed)}
    assert not unknown, f"linked libraries that packages.txt does not know: {unknown}"


def needed() -> str:
    return subprocess.run(["readelf", "-d", str(BINARY)], capture_output=True, text=True, check=True).stdout


def test_copied_paths_exist() -> None:
    for name, arguments in instructions():
        if name == "COPY" and not arguments.startswith("--from"):
            for source in arguments.split()[:-1]:
                assert (ROOT / source).exists(), source


def test_the_image_runs_as_its_own_user_and_serves() -> None:
    run = dict(stages()[-1])
    assert run["USER"] == "tandem"
    assert run["ENTRYPOINT"] == '["tandem"]'
    assert run["CMD"] == '["serve"]'


def test_ports_agree() -> None:
    environment = environment_of_image()
    service = compose()["services"]["tandem"]
    listened = {environment[name].rpartition(":")[2] for name in ("TANDEM_LISTEN", "TANDEM_ADMIN_LISTEN")}
    exposed = set(dict(stages()[-1])["EXPOSE"].split())
    published = {entry.rpartition(":")[2] for entry in service["ports"]}
    assert listened == exposed == published == {"8080", "8081"}
    for name in ("TANDEM_LISTEN", "TANDEM_ADMIN_LISTEN"):
        assert service["environment"][name] == environment[name]
    for entry in service["ports"]:
        assert entry.startswith("127.0.0.1:"), f"{entry} is open to the network"


def test_the_database_of_the_compose_file_is_postgres_15_with_the_same_name_user_and_password() -> None:
    services = compose()["services"]
    postgres = services["postgres"]
    assert re.match(r"postgres:15\b", postgres["image"])
    assert "postgresql-15" in groups()["embedded"]
    url = services["tandem"]["environment"]["TANDEM_DATABASE_URL"]
    parts = re.fullmatch(r"postgresql://(\w+):\$\{(\w+)\}@(\w+):(\d+)/(\w+)", url)
    assert parts, url
    user, password, host, port, database = parts.groups()
    environment = postgres["environment"]
    assert (user, database, port) == (environment["POSTGRES_USER"], environment["POSTGRES_DB"], "5432")
    assert host in services
    assert password in environment["POSTGRES_PASSWORD"]


def test_variables_are_known_to_the_binary_and_documented() -> None:
    used = set(environment_of_image()) | set(compose()["services"]["tandem"]["environment"])
    assert used <= known_variables()
    pages = "\n".join(path.read_text() for path in pathlib.Path(ROOT / "docs").rglob("*.md"))
    for name in used:
        assert name in pages, f"docs/ does not mention {name}"
