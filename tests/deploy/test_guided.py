"""A newcomer's first deployment: `sam deploy --guided` in a terminal, answered as docs/deploy.md describes."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import tomllib

import pytest
from account import REGION
from fronts import FRONTS

PROMPT = re.compile(r"([^\n]*): $")
COLUMNS = 160


def answered(command, directory, environment, answers):
    """Runs a command in a terminal, answers its questions (with Enter if `answers` has none), and returns its output and exit code."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    process = subprocess.Popen(
        command, cwd=directory, env=environment, stdin=follower, stdout=follower, stderr=follower, start_new_session=True, close_fds=True
    )
    os.close(follower)
    written, line, asked = "", "", set()
    while True:
        readable, _, _ = select.select([leader], [], [], 120)
        assert readable, f"nothing comes any more:\n{written[-2000:]}"
        try:
            read = os.read(leader, 65536).decode(errors="replace")
        except OSError:
            break
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", read).replace("\r", "")
        written += text
        line = (line + text).rsplit("\n", 1)[-1]
        question = PROMPT.search(line)
        if not question:
            continue
        name = question[1].split("[")[0].strip().removeprefix("Parameter ")
        if name in asked:
            process.kill()
            raise AssertionError(f"{name} is asked for again:\n{written[-2000:]}")
        asked.add(name)
        os.write(leader, (answers.get(name, "") + "\n").encode())
        line = ""
    os.close(leader)
    return written, process.wait()


@pytest.mark.parametrize("front", FRONTS)
def test_a_newcomer_is_guided_to_a_deployment(account, upstream, beforehand, front):
    directory, stack = account.project(front), f"guided-{front}"
    answers = {
        "Stack Name": stack,
        "AWS Region": REGION,
        "UpstreamUrl": upstream,
        "SelfSignUp": "true",
        "Domain": stack,
        "UpstreamSecretHeader": "none",
        "Confirm changes before deploy": "n",
        **beforehand.parameters(front, f"{stack}.example.com"),
    }
    file = directory / "samconfig.toml"
    command = ["sam", "deploy", "--config-env", front, "--config-file", str(file), "--guided"]
    written, code = answered(command, directory, account.environment, answers)
    assert code == 0, written[-4000:]
    assert account.outputs(stack)["Url"].startswith("https://"), written[-2000:]
    kept = tomllib.loads(file.read_text())[front]["deploy"]["parameters"]
    assert kept["stack_name"] == stack and f'Domain="{stack}"' in str(kept["parameter_overrides"]), kept
    account.delete(stack)
