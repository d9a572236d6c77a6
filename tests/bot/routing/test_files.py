"""Files named in a report: in words, and in the stack traces of several languages."""

import time

import pytest

from bot.routing.files import files_in, fits_path

PYTHON = """Traceback (most recent call last):
  File "/app/src/checkout/pay.py", line 42, in pay
    raise ValueError("no card")
"""
JAVASCRIPT = """TypeError: Cannot read properties of undefined
    at pay (webpack-internal:///./src/checkout/pay.tsx:10:5)
    at https://app.acme.dev/static/js/checkout.3fa9.js:1:2345
    at Object.<anonymous> (/srv/web/node_modules/react-dom/index.js:7:11)
"""
JAVA = """java.lang.IllegalStateException: no card
\tat com.acme.checkout.PayService.pay(PayService.java:42)
\tat com.acme.checkout.PayService$Inner.<init>(PayService.java:7)
Caused by: java.io.IOException
"""
GO = """panic: runtime error
goroutine 1 [running]:
main.(*Cart).Pay(0xc000010000)
\t/go/src/github.com/acme/shop/services/pay/cart.go:12 +0x1d
"""
WINDOWS = r"in C:\build\acme\src\Checkout\Pay.cs:line 7"


@pytest.mark.parametrize(
    ("text", "glob", "expected"),
    [
        (PYTHON, "src/checkout/**", True),
        (JAVASCRIPT, "src/checkout/**", True),
        (JAVASCRIPT, "static/js/checkout.*.js", True),
        (JAVA, "**/com/acme/checkout/**", True),
        (JAVA, "src/main/java/com/acme/checkout/**", True),
        (JAVA, "src/main/java/com/acme/search/**", False),
        (JAVA, "PayService.java", True),
        (GO, "services/pay/**", True),
        (WINDOWS, "src/Checkout/**", True),
        ("see src/search/index.ts.", "src/search/**", True),
        ("`src/search/index.ts:14`", "src/search/*.ts", True),
        ("./src/search/index.ts", "/src/search/**", True),
        ("the page src or search", "src/search/**", False),
        ("Node.js and Vue.js", "**/*.js", False),
        ("mysrc/search/a.ts", "src/search/**", False),
        ("and/or", "and/**", False),
    ],
)
def test_file_is_found_in_a_text(text, glob, expected):
    assert any(fits_path(glob, file) for file in files_in(text)) is expected


def test_files_come_in_the_order_of_the_text():
    assert files_in(PYTHON + GO) == ["/app/src/checkout/pay.py", "/go/src/github.com/acme/shop/services/pay/cart.go"]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 40_000,
        "a/" * 20_000,
        "a.b" * 13_000,
        "/" * 40_000,
        "src/pay/" * 5_000,
        "at a.b.c(" * 4_000,
        "../" * 13_000,
    ],
)
def test_long_text_is_read_fast(text):
    globs = [f"src/part{number}/**" for number in range(200)] + ["**/*.py", "src/pay/**/x/**/y"]
    begin = time.process_time()

    for file in files_in(text):
        for glob in globs:
            fits_path(glob, file)

    assert time.process_time() - begin < 3
