"""Writes roundoff/commands.py: a function a command, from the registry that the module has compiled in.

    make_faces.py FOLDER_OF_THE_PACKAGE

A command that answers a question has a line in FACES; a command that does not has a reason in NO_FACE
(tests/python/test_commands.py asks for one of the two).
"""
import importlib.util
import keyword
import pathlib
import sys
import textwrap

# command: the class of its answer, and an example with its answer (a doctest)
FACES = {
    "formats": ("Answer", """>>> formats("e4m3")["nan_codes"]\n'#x7f #xff'"""),
    "eval": ("Answer", """>>> eval("e4m3", "add", 400, 100)["value"]\n'0x1.cp+8'"""),
    "policies": ("Answer", """>>> len(policies()) > 1\nTrue"""),
    "constructions": ("Answer", """>>> constructions("add-hinge")["task"]\n'add'"""),
    "tasks": ("Answer", """>>> tasks("add")["name"]\n'add'"""),
    "run": ("Run", """>>> run("add-hinge", "0123+0456=", p=10).answer\n'00579'"""),
    "explain": ("Answer", """>>> explain("add-hinge", "000+000=", p=10, format="fixed(5,0)")["blame"]\n'rounding'"""),
    "verify": ("Verdict", """>>> verify("add-hinge", n=8).holds\nTrue"""),
    "compare": ("Answer", """>>> len(compare("add-hinge", n=2).table) > 1\nTrue"""),
    "pairs": ("Answer", """>>> pairs("add-hinge", n=2)["found"]\nFalse"""),
    "analyze": ("Analysis", """>>> analyze("add-hinge", minimize="bits", n=range(2, 5)).minima\n{2: 3, 3: 4, 4: 4}"""),
    "frontier": ("Answer", """>>> len(frontier("add-hinge", n=2)) > 0\nTrue"""),
    "table1": ("Answer", ""),
    "sweep": ("Answer", ""),
    "store": ("Answer", ""),
    "report": ("Answer", ""),
    "export": ("Answer", ""),
    "architectures": ("Answer", """>>> len(architectures()["architectures"]) > 10\nTrue"""),
    "forward": ("Answer", ""),
    "diff": ("Answer", ""),
    "ablate": ("Answer", ""),
    "generate": ("Answer", ""),
    "arithmetic": ("Answer", ""),
    "automaton": ("Answer", ""),
    "least": ("Answer", ""),
    "train": ("Answer", ""),
    "scaling": ("Answer", ""),
    "inspect": ("Answer", ""),
}
NO_FACE = {
    "help": "Python has help()",
    "lab": "a page for people, served until it is stopped",
}
# what says how the command line prints, or reads its standard input
NOT_HERE = {"--json", "--csv", "--quiet", "--stdin", "--latex", "--wide"}
TYPES = {  # by what stands for the value in the help
    "N": "Optional[int]", "SECONDS": "Optional[float]", "SIZES": "Optional[Sizes]",
    "FORMAT": "Optional[FormatLike]", "FAMILY": "Optional[FormatLike]", "KNOB=N": "Optional[Mapping[str, int]]",
    "n=32,k=4": "Union[None, str, Mapping[str, int]]", "ROLE=FORMAT": "Optional[Mapping[str, FormatLike]]",
    "ROLE=QUANTISER": "Optional[Mapping[str, str]]", "TASK": "Optional[Subject]",
}
PATHS = ("FILE", "DIR", "FOLDER", "MODEL.json")


def identifier(name):
    made = name.lstrip("-").replace("-", "_").lower().split(".")[0]
    if not made.isidentifier():  # "list|show|merge FILE"
        return "words"
    return made + "_" if keyword.iskeyword(made) else made


def type_of(option):
    placeholder = option["placeholder"]
    if not placeholder and not option["positional"]:
        return "bool", "False"
    if option["allowed"] and all(word == word.lower() for word in option["allowed"]):  # wide:FORMAT is no word
        return f"Optional[Literal[{', '.join(repr(word) for word in option['allowed'])}]]", "None"
    if placeholder in TYPES:
        return TYPES[placeholder], "None"
    if placeholder.startswith(PATHS):
        return "Optional[Path]", "None"
    return ("Union[None, str, Sequence[str]]" if option["repeatable"] else "Optional[str]"), "None"


def function(command, answer, example):
    positionals = [option for option in command["options"] if option["positional"]]
    options = [option for option in command["options"] if not option["positional"] and option["names"][-1] not in NOT_HERE]
    parameters, handed = [], []
    taken = {identifier(option["names"][-1]) for option in positionals}

    def called(option):
        """An option that has the name of a positional is told apart: forward(model, tokens, tokens_file=...)."""
        name = identifier(option["names"][-1])
        if option["positional"] or name not in taken:
            return name
        return name + ("_file" if option["placeholder"].startswith(PATHS) else "_option")

    for option in positionals:
        name = identifier(option["names"][0])
        if option["repeatable"]:
            parameters.append(f"*{name}: One")
            handed.append(name)
        else:
            kind = "Subject" if option["names"][0] in ("NAME", "MODEL") else "One"
            parameters.append(f"{name}: {kind}" if option["required"] else f"{name}: Optional[{kind}] = None")
            handed.append(name)
    if not any(parameter.startswith("*") for parameter in parameters):
        parameters.append("*")
    for option in options:
        kind, default = type_of(option)
        parameters.append(f"{called(option)}: {kind} = {default}")
    parameters.append("progress: Progress = None")
    repeatable = [option["names"][-1] for option in options if option["repeatable"]]
    given = ", ".join(f"{option['names'][-1]!r}: {called(option)}" for option in options)
    lines = [command["summary"] + ".", ""]
    lines += [f"    {called(option)}: {option['help']}" for option in positionals + options]
    if example:
        lines += ["", *example.split("\n")]
    lines += ["", "On the command line:", "", *textwrap.dedent(command["examples"]).strip().split("\n")]
    doc = "\n".join(("    " + line).rstrip() for line in lines)
    name = identifier(command["name"])
    return f"""
def {name}({', '.join(parameters)}) -> {answer}:
    {doc.lstrip()}
    return {answer}(ask({command['name']!r}, [{', '.join(handed)}], {{{given}}}, {repeatable!r}, progress))
""".replace('    ' + doc.lstrip(), '    r"""' + doc.lstrip() + '\n    """', 1)


def main():
    package = pathlib.Path(sys.argv[1])
    module = next(package.glob("_core.*.so"))
    spec = importlib.util.spec_from_file_location("_core", module)
    core = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(core)
    commands = [command for command in core.commands() if command["name"] not in NO_FACE]
    names = sorted(identifier(command["name"]) for command in commands)
    text = '"""The commands, a function each, made from the registry by python/make_faces.py."""\n'
    text += "from __future__ import annotations\n\nfrom typing import Literal, Mapping, Optional, Sequence, Union\n\n"
    text += "from .answers import Analysis, Answer, Run, Verdict\nfrom .arrays import FormatLike\n"
    text += "from .faces import One, Path, Progress, Sizes, Subject, ask\n\n"
    text += f"__all__ = {names!r}\n"
    for command in commands:
        answer, example = FACES.get(command["name"], ("Answer", ""))
        text += "\n" + function(command, answer, example)
    (package / "commands.py").write_text(text)


if __name__ == "__main__":
    main()
