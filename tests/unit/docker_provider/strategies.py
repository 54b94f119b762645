"""Random reasonable inputs of containers."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

WORDS = st.text("abcdefgh0123456789", min_size=1, max_size=6)
NAMES = st.from_regex(r"[a-z][a-z0-9_.-]{1,10}", fullmatch=True)
ANY_ADDRESS = "0.0.0.0"  # noqa: S104  # Docker's default for a published port
DURATIONS = st.sampled_from(["0s", "1s", "500ms", "1m30s", "90s", "2h", "1.5s", "60s"])


def _unique(elements: st.SearchStrategy[Any], key: str) -> st.SearchStrategy[list[Any]]:
    return st.lists(elements, max_size=3, unique_by=lambda element: element[key])


_ENVS = st.dictionaries(st.from_regex(r"[A-Z][A-Z_]{0,5}", fullmatch=True), st.text("abc=: ", max_size=8), max_size=4)
_LABELS = _unique(st.fixed_dictionaries({"label": NAMES, "value": st.text("abc.", max_size=5)}), "label")
_PORTS = st.lists(
    st.fixed_dictionaries(
        {"internal": st.integers(1, 65535)},
        optional={
            "external": st.integers(1, 65535),
            "ip": st.sampled_from(["127.0.0.1", ANY_ADDRESS]),
            "protocol": st.sampled_from(["tcp", "udp"]),
        },
    ),
    max_size=3,
)
_NETWORKS = _unique(
    st.fixed_dictionaries(
        {"name": NAMES}, optional={"aliases": st.lists(WORDS, max_size=2, unique=True), "ipv4Address": st.just("10.0.0.9")}
    ),
    "name",
)
_VOLUMES = _unique(
    st.fixed_dictionaries(
        {"containerPath": WORDS.map(lambda word: f"/{word}")},
        optional={"volumeName": NAMES, "readOnly": st.booleans()},
    ).map(lambda use: use if "volumeName" in use else {"containerPath": use["containerPath"]}),
    "containerPath",
)
_MOUNTS = _unique(
    st.fixed_dictionaries(
        {"target": WORDS.map(lambda word: f"/m/{word}"), "type": st.just("volume")},
        optional={"source": NAMES, "readOnly": st.booleans(), "volumeOptions": st.just({"noCopy": True})},
    ),
    "target",
)
_HEALTH = st.fixed_dictionaries(
    {"tests": st.just(["CMD", "true"])},
    optional={
        "interval": DURATIONS,
        "timeout": DURATIONS,
        "startPeriod": DURATIONS,
        "startInterval": DURATIONS,
        "retries": st.integers(0, 5),
    },
)

CONTAINERS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"image": st.sampled_from(["shop/api:1", "sha256:" + "1" * 64])},
    optional={
        "name": NAMES,
        "command": st.lists(WORDS, min_size=1, max_size=3),
        "entrypoints": st.lists(WORDS, min_size=1, max_size=2),
        "envs": _ENVS.map(lambda envs: [f"{name}={value}" for name, value in envs.items()]),
        "labels": _LABELS,
        "ports": _PORTS,
        "networksAdvanced": _NETWORKS,
        "volumes": _VOLUMES,
        "mounts": _MOUNTS,
        "healthcheck": _HEALTH,
        "tmpfs": st.dictionaries(st.just("/tmp"), st.just("size=1m"), max_size=1),
        "memory": st.integers(6, 500),
        "cpuShares": st.integers(2, 1024),
        "cpus": st.sampled_from(["0.5", "1.50", "2"]),
        "restart": st.sampled_from(["no", "always", "unless-stopped", "on-failure"]),
        "maxRetryCount": st.integers(0, 3),
        "user": st.sampled_from(["", "boatman", "1000:1000"]),
        "workingDir": st.just("/srv"),
        "hosts": st.just([{"host": "lock", "ip": "10.1.2.3"}]),
        "capabilities": st.fixed_dictionaries({}, optional={"adds": st.just(["NET_ADMIN"]), "drops": st.just(["CAP_CHOWN"])}),
        "readOnly": st.booleans(),
        "init": st.booleans(),
        "privileged": st.booleans(),
        "dns": st.lists(st.sampled_from(["1.1.1.1", "9.9.9.9"]), unique=True, max_size=2),
        "groupAdds": st.lists(st.sampled_from(["10", "20"]), unique=True),
        "sysctls": st.dictionaries(st.just("net.core.somaxconn"), st.just("99"), max_size=1),
        "ulimits": st.just([{"name": "nofile", "soft": 10, "hard": 20}]),
        "shmSize": st.sampled_from([32, 64, 128]),
        "stopTimeout": st.integers(0, 9),
        "hostname": st.just("lock"),
        "stdinOpen": st.booleans(),
        "tty": st.booleans(),
        "logDriver": st.just("json-file"),
        "logOpts": st.just({"max-size": "1m"}),
        "mustRun": st.booleans(),
        "wait": st.booleans(),
        "destroyGraceSeconds": st.integers(0, 9),
        "uploads": st.just([{"file": "/etc/motd", "content": "hello"}]),
    },
)
