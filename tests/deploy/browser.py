"""A browser without a screen: it keeps cookies, follows redirects on request and fills in forms."""

import http.client
import http.cookiejar
import json
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser

PAGE = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"}
SCRIPT = {"Accept": "application/json", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"}


class Here(http.client.HTTPSConnection):
    """Resolves every name to this machine."""

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port))
        self.sock = self._context.wrap_socket(connection, server_hostname=self.host)


class Https(urllib.request.HTTPSHandler):
    def https_open(self, request):
        return self.do_open(Here, request, context=self._context)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Response:
    def __init__(self, url, response):
        self.url, self.status, self.headers = url, response.status, response.headers
        self.text = response.read().decode()

    def json(self):
        return json.loads(self.text)

    @property
    def location(self):
        return urllib.parse.urljoin(self.url, self.headers["Location"])

    def __repr__(self):
        return f"<{self.status} {self.url} {self.headers.items()} {self.text[:500]!r}>"


class Form(HTMLParser):
    def __init__(self, response):
        super().__init__()
        self.action, self.fields, self.inside = None, {}, False
        self.feed(response.text)
        assert self.action is not None, response
        self.action = urllib.parse.urljoin(response.url, self.action)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action, self.inside = attributes.get("action") or "", True
        if tag == "input" and self.inside:
            self.fields[attributes.get("name")] = attributes.get("value") or ""

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "form"


class Browser:
    def __init__(self, authority):
        self.jar = http.cookiejar.CookieJar()
        context = ssl.create_default_context(cafile=authority)
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), Https(context=context), NoRedirect(), urllib.request.HTTPCookieProcessor(self.jar)
        )

    def send(self, url, headers=PAGE, method="GET", form=None):
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(url, body, headers, method="POST" if form is not None else method)
        try:
            return Response(url, self.opener.open(request, timeout=60))
        except urllib.error.HTTPError as answer:
            return Response(url, answer)

    def follow(self, response):
        for _ in range(10):
            if response.status not in (301, 302, 303, 307):
                return response
            response = self.send(response.location)
        raise AssertionError(f"redirected without end: {response}")

    def submit(self, page, **fields):
        form = Form(page)
        assert set(fields) <= set(form.fields), (fields, form.fields)
        return self.follow(self.send(form.action, form=form.fields | fields))

    def cookies(self):
        return {cookie.name: cookie.value for cookie in self.jar}
