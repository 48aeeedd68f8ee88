import application
import pytest
from account import Account
from browser import Browser
from fronts import DOMAINS, Beforehand


@pytest.fixture(scope="session")
def account(tmp_path_factory):
    account = Account(tmp_path_factory.mktemp("account"), DOMAINS)
    yield account
    account.end()


@pytest.fixture(scope="session")
def beforehand(account):
    return Beforehand(account)


@pytest.fixture(scope="session")
def upstream():
    return application.serve()


@pytest.fixture
def new_browser(account):
    return lambda: Browser(account.directory / "authority.pem")


@pytest.fixture
def browser(new_browser):
    return new_browser()
