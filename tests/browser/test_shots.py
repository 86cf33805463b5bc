from .test_change_requests import *
@pytest.mark.parametrize("width", [1400, 390])
def test_shots(page_of, requests, width):
    page = page_of("center_director", width=width)
    for name, path in (("list", INBOX), ("one", f"{INBOX}{requests[0].pk}/"), ("mode", f"{INBOX}mode/")):
        page.goto(path); page.screenshot(path=f"/tmp/b/k2s/{name}-{width}.png", full_page=True)
    print(page.evaluate("1"))
    page.goto(f"{INBOX}{requests[0].pk}/")
    print(page.evaluate("[...document.querySelectorAll('*')].filter(e=>e.getBoundingClientRect().right>innerWidth+1).map(e=>e.tagName+'.'+e.className+' '+e.textContent.trim().slice(0,30)+Math.round(e.getBoundingClientRect().right)).slice(0,15).join('\\n')"))
    page.emulate_media(media="print"); page.screenshot(path=f"/tmp/b/k2s/print-{width}.png", full_page=True); page.emulate_media(media="screen")
    page.goto(INBOX)
    for box in page.get_by_role("checkbox").all()[1:]: box.check()
    page.get_by_role("button", name="整批核准").click()
    page.get_by_text("將核准 3 件").wait_for()
    page.screenshot(path=f"/tmp/b/k2s/bulk-{width}.png", full_page=True)
    page = page_of("department_contact", width=width, username="wang")
    page.goto(INBOX); page.screenshot(path=f"/tmp/b/k2s/contact-{width}.png", full_page=True)
    page.goto(f"{INBOX}{requests[0].pk}/"); page.screenshot(path=f"/tmp/b/k2s/contactone-{width}.png", full_page=True)
