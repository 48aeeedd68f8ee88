"""An AWS account for the tests: ministack, in the network that tests/deploy/check creates, in which the names of AWS lead to it."""

import datetime
import fcntl
import ipaddress
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import boto3
import botocore.exceptions
import gaps
import template_gaps
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-central-1"
ENDPOINT = "https://localhost:4566"
# Host names that lead to the emulator and are in its certificate.
NAMES = [
    "localhost",
    # A custom resource sends its answer here.
    f"{REGION}.amazonaws.com",
    f"*.{REGION}.amazonaws.com",
    f"*.execute-api.{REGION}.amazonaws.com",
    f"*.auth.{REGION}.amazoncognito.com",
    f"*.lambda-url.{REGION}.on.aws",
    "*.cloudfront.net",
    "*.example.com",
]
BUILD = {"default": "build"}


class DeploymentFailed(Exception):
    """`sam deploy` failed; its output is the argument."""


def wait_until(condition, named):
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"not after 30 seconds: {named}")


class Account:
    def __init__(self, directory, domains):
        self.directory = directory
        self._loopback()
        self._hosts(domains)
        self._certificate()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "VESTIBULE_"))},
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": ENDPOINT,
            "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8000",
            "AWS_CA_BUNDLE": str(directory / "authority.pem"),
            "AWS_EC2_METADATA_DISABLED": "true",
            # The certificate authorities that the functions trust.
            "SSL_CERT_FILE": str(directory / "authority.pem"),
            "TMPDIR": str(directory),
        }
        os.environ.update(self.environment)
        self._emulator()

    def _loopback(self):
        with socket.socket() as any_socket:
            # SIOCSIFFLAGS, IFF_UP: netdevice(7).
            fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 1))

    def _hosts(self, domains):
        names = [f"{REGION}.amazonaws.com", f"cognito-idp.{REGION}.amazonaws.com", *(f"{domain}.auth.{REGION}.amazoncognito.com" for domain in domains)]
        hosts = self.directory / "hosts"
        hosts.write_text("127.0.0.1 localhost " + " ".join(names) + "\n")
        subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)

    def _certificate(self):
        authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the authority of tests/deploy")])
        now = datetime.datetime.now(datetime.timezone.utc)

        def signed(name, public_key, extension):
            return (
                x509.CertificateBuilder()
                .subject_name(name)
                .issuer_name(authority_name)
                .public_key(public_key)
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(days=1))
                .not_valid_after(now + datetime.timedelta(days=1))
                .add_extension(extension, critical=True)
                .sign(authority_key, hashes.SHA256())
                .public_bytes(serialization.Encoding.PEM)
            )

        authority = signed(authority_name, authority_key.public_key(), x509.BasicConstraints(ca=True, path_length=None))
        addresses = [x509.DNSName(name) for name in NAMES] + [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        server_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ministack")])
        (self.directory / "authority.pem").write_bytes(authority)
        (self.directory / "server.pem").write_bytes(
            signed(server_name, key.public_key(), x509.SubjectAlternativeName(addresses)) + authority
        )
        (self.directory / "server.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def _emulator(self):
        self.log = self.directory / "emulator.log"
        settings = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": "4566",
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(self.directory / "server.pem"),
            "MINISTACK_SSL_KEY": str(self.directory / "server.key"),
            "MINISTACK_HOST": f"{REGION}.amazonaws.com",
            "MINISTACK_REGION": REGION,
            # The emulator verifies signatures and enforces the permissions of roles.
            "AUTH": "true",
        }
        self.emulator = subprocess.Popen(
            # It ends with this process, however this process ends; functions end when nobody gives them events.
            ["setpriv", "--pdeathsig", "KILL", sys.executable, Path(__file__).with_name("emulator_gaps.py")],
            env=self.environment | settings,
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        wait_until(self._serves, "the emulator serves")

    def _serves(self):
        if self.emulator.poll() is not None:
            raise AssertionError(f"the emulator ended:\n{self.log.read_text()}")
        try:
            with socket.create_connection(("127.0.0.1", 443)):
                return True
        except OSError:
            return False

    def end(self):
        """Ends the emulator and its functions at once: on SIGTERM the emulator would wait for half a minute."""
        os.killpg(self.emulator.pid, signal.SIGKILL)
        self.emulator.wait()

    def client(self, service, region=REGION):
        return boto3.client(service, region_name=region)

    # A copy of the project with the output of `sam build`: `sam deploy` looks for samconfig.toml in its working directory.
    def project(self, front):
        directory = self.directory / "project"
        directory.mkdir(exist_ok=True)
        shutil.copy(ROOT / "samconfig.toml", directory)
        build = BUILD.get(front, front)
        if (directory / ".aws-sam" / build).exists():
            return directory
        shutil.copytree(ROOT / ".aws-sam" / build, directory / ".aws-sam" / build)
        template = directory / ".aws-sam" / build / "template.yaml"
        document = yaml.safe_load(template.read_text())
        for gap in gaps.named("template"):
            getattr(template_gaps, gap)(document)
        template.write_text(yaml.safe_dump(document, sort_keys=False))
        return directory

    def deploy(self, front, stack, project=None, **parameters):
        parameters.setdefault("SelfSignUp", "true")
        command = ["sam", "deploy", "--config-env", front, "--stack-name", stack, "--resolve-s3", "--no-confirm-changeset",
                   "--no-progressbar", "--no-fail-on-empty-changeset"]
        command += ["--parameter-overrides", *(f"{name}={json.dumps(value)}" for name, value in parameters.items())]
        done = subprocess.run(
            command, cwd=project or self.project(front), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode:
            raise DeploymentFailed(done.stdout)
        return self.outputs(stack)

    def delete(self, stack):
        cloudformation = self.client("cloudformation")
        cloudformation.delete_stack(StackName=stack)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    def left_of(self, stack):
        """Returns the names of resources that begin with the stack's name, except its user pool."""
        found = [function["FunctionName"] for function in self.client("lambda").list_functions()["Functions"]]
        found += [secret["Name"] for secret in self.client("secretsmanager").list_secrets()["SecretList"]]
        found += [group["logGroupName"].removeprefix("/vestibule/") for group in self.client("logs").describe_log_groups()["logGroups"]]
        found += [role["RoleName"] for role in self.client("iam").list_roles()["Roles"]]
        found += self.client("dynamodb").list_tables()["TableNames"]
        return [name for name in found if name.startswith(stack)]

    def outputs(self, stack):
        described = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
