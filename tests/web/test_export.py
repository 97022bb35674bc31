"""Everything about me: asked for, watched, saved and deleted, on a narrow screen, in the dark and without scripts."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.web.conftest import Visit
from tests.web.lane import Lane
from troth.tlog.checkpoint import VerifierKey
from troth.verify.checks import verify


@pytest.mark.parametrize(("scripts", "scheme"), [("on", "dark"), ("off", "light")])
def test_everything_about_me_is_saved_with_two_presses_and_can_be_checked(
    lane: Lane, visit: Visit, tmp_path: Path, scripts: Literal["on", "off"], scheme: Literal["dark", "light"]
) -> None:
    lane.chooses("give")
    page = visit("/", width=320, scripts=scripts, scheme=scheme)
    page.get_by_role("button", name="Open both cards").click()
    page.locator("article.mine").wait_for()
    page.goto("/mine")
    page.get_by_role("link", name="Everything about me, to take along").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Everything about me")
    page.get_by_role("button", name="Put it together").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    save = page.get_by_role("link", name="Save it on this device")
    while scripts == "off" and not save.count():
        page.goto("/mine/export")
    expect(save).to_be_visible(timeout=60_000)
    expect(page.locator("main")).to_contain_text("It stays here until")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    with page.expect_download() as saving:
        save.click()
    saving.value.save_as(tmp_path / "all.zip")
    archive = zipfile.ZipFile(io.BytesIO((tmp_path / "all.zip").read_bytes()))
    assert "Ana" == json.loads(archive.read("account.json"))["name"]
    manifest = json.loads(archive.read("manifest.json"))
    proofs = [name for name in archive.namelist() if name.endswith(".troth-proof")]
    assert proofs
    assert all(verify(archive.read(each), trusted=(VerifierKey.parse(manifest["key"]),)).passed for each in proofs)
    page.get_by_role("button", name="Delete it here").click()
    expect(page.locator("main")).to_contain_text(re.compile("The last one is gone: You deleted it"))
    assert 404 == page.request.get("/mine/export/everything-about-me.zip").status
