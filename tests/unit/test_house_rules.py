"""The rules of docs/architecture.md that a program can check, by reading the source of bamsd."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
SHARED = {"bus", "core", "system"}
BANNED_ENDINGS = ("Manager", "Helper", "Util", "Utils", "Handler", "Info", "Data")
STARTERS = {
    "asyncio": {"create_subprocess_exec", "create_subprocess_shell"},
    "os": {"system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp", "execv", "execve", "execvp", "execvpe"},
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    name: str
    source: str
    modules: frozenset[str]
    """Names of all modules, to tell ``from bamsd.core import jobs`` (a module) from a name in one."""

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @property
    def part(self) -> str:
        """bus, core, system, an area, or empty for what lies directly in bamsd."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 2 else ""

    @property
    def leaf(self) -> str:
        return self.name.rsplit(".", 1)[-1]

    @property
    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    @cached_property
    def imports(self) -> frozenset[str]:
        """Full names of what is imported: modules of ours, and other packages as they are written."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                for alias in node.names:
                    full = f"{base}.{alias.name}"
                    found.add(full if full in self.modules else base)
        return frozenset(found)

    @property
    def parts(self) -> set[str]:
        """The parts of bamsd that it imports from; errors, config and the like count by their own name."""
        return {name.split(".")[1] for name in self.imports if name.startswith("bamsd.")}


def load(sources: dict[str, str]) -> list[Module]:
    names = frozenset(sources)
    return [Module(name, source, names) for name, source in sources.items()]


def read_all() -> list[Module]:
    sources = {}
    for path in sorted((ROOT / "bamsd").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        sources[name] = path.read_text(encoding="utf-8")
    return load(sources)


def only(package: str, allowed: Callable[[Module], bool]) -> Callable[[list[Module]], list[str]]:
    def check(modules: list[Module]) -> list[str]:
        users = (m for m in modules if any(i.split(".")[0] == package for i in m.imports))
        return [f"{m.name} imports {package}" for m in users if not allowed(m)]

    return check


def program_starters(modules: list[Module]) -> list[str]:
    found = only("subprocess", lambda m: m.name == "bamsd.system.run")(modules)
    for module in modules:
        if module.name == "bamsd.system.run":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.attr in STARTERS.get(node.value.id, ()):
                    found.append(f"{module.name} uses {node.value.id}.{node.attr}")
            elif isinstance(node, ast.ImportFrom):
                taken = {alias.name for alias in node.names} & STARTERS.get(node.module or "", set())
                found += [f"{module.name} imports {name}" for name in taken]
    return found


def late_imports(modules: list[Module]) -> list[str]:
    return [
        f"{module.name}.{function.name}, line {node.lineno}"
        for module in modules
        for function in module.functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def layers(modules: list[Module]) -> list[str]:
    """Who may import from which part."""
    found = []
    for module in modules:
        if module.part == "":
            continue
        if module.part == "bus":
            allowed = {"bus", "core", "errors"}
        elif module.part == "ctl":  # a client: it knows the daemon by the bus alone
            allowed = {"ctl", "errors"} | ({"system"} if "bamsd.system.run" in module.imports else {"bus", "core"})
        elif module.part in SHARED:
            allowed = {"core", "system", "errors", "config"} if module.part == "core" else {"system", "errors"}
        elif module.leaf == "models":
            allowed = {module.part, "errors"}
        elif module.leaf == "interface":
            allowed = {module.part, "bus", "core", "errors"}
        elif "bamsd.system.run" in module.imports:  # a module of a tool
            allowed = {module.part, "system", "errors"}
        else:
            allowed = {module.part, "core", "system", "errors", "config"}
        found += [f"{module.name} imports from {part}" for part in sorted(module.parts - allowed)]
        if module.leaf == "models":
            own = {i for i in module.imports if i.startswith(f"bamsd.{module.part}.")}
            found += [f"{module.name} imports {name}" for name in own if not name.endswith("models")]
    return found


def cycles(modules: list[Module]) -> list[str]:
    graph = {m.name: {i for i in m.imports if i in m.modules} for m in modules}
    found: list[str] = []
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if name in trail:
            found.append(" -> ".join([*trail[trail.index(name) :], name]))
        elif name not in done:
            for other in sorted(graph[name]):
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())
    return found


def long_files(modules: list[Module]) -> list[str]:
    return [m.name for m in modules if len(m.source.splitlines()) >= MAX_FILE_LINES]


def long_functions(modules: list[Module]) -> list[str]:
    return [
        f"{module.name}.{function.name}"
        for module in modules
        for function in module.functions
        if (function.end_lineno or 0) - function.lineno + 1 > MAX_FUNCTION_LINES
    ]


def empty_names(modules: list[Module]) -> list[str]:
    classes = (n.name for m in modules for n in ast.walk(m.tree) if isinstance(n, ast.ClassDef))
    return [name for name in classes if name.endswith(BANNED_ENDINGS)]


RULES = {
    "only bus uses dbus_next": only("dbus_next", lambda m: m.part == "bus"),
    "only core.store uses sqlite3": only("sqlite3", lambda m: m.name == "bamsd.core.store"),
    "only system.run starts programs": program_starters,
    "no import inside a function": late_imports,
    "imports follow the layers": layers,
    "no cycle of imports": cycles,
    "short files": long_files,
    "short functions": long_functions,
    "class names say what it is": empty_names,
}


@pytest.mark.parametrize("rule", RULES)
def test_the_source_keeps_the_rule(rule: str) -> None:
    modules = read_all()
    assert len(modules) > 10
    assert RULES[rule](modules) == []


BREACHES = {
    "only bus uses dbus_next": {"bamsd.tape.mtx": "from dbus_next.aio import MessageBus"},
    "only core.store uses sqlite3": {"bamsd.core.audit": "import sqlite3"},
    "only system.run starts programs": {"bamsd.tape.sg": "import os\nos.popen('ls')"},
    "no import inside a function": {"bamsd.tape.sg": "def f():\n    import re\n"},
    "imports follow the layers": {"bamsd.core.jobs": "from bamsd.tape import sg", "bamsd.tape.sg": ""},
    "no cycle of imports": {"bamsd.a": "from bamsd import b", "bamsd.b": "import bamsd.a"},
    "short files": {"bamsd.a": "\n" * MAX_FILE_LINES},
    "short functions": {"bamsd.a": "def f():\n" + "    pass\n" * MAX_FUNCTION_LINES},
    "class names say what it is": {"bamsd.a": "class TapeHelper: pass"},
}


@pytest.mark.parametrize("rule", RULES)
def test_a_breach_is_found(rule: str) -> None:
    assert RULES[rule](load(BREACHES[rule]))


def test_polkit_actions_in_the_code_and_in_the_policy_agree() -> None:
    modules = read_all()
    policy = re.findall(r'<action id="([^"]+)"', (ROOT / "polkit" / "org.bams.policy").read_text(encoding="utf-8"))
    used = {
        node.value
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"org\.bams\.[a-z]+(\.[a-z]+)?", node.value)
    }
    assert used
    assert used <= set(policy)
    written = {module.part for module in modules if module.leaf == "interface"}
    areas = {action for action in policy if action.count(".") == 3 and action.split(".")[2] in written}
    assert areas <= used, "an area that is written uses all its actions"
